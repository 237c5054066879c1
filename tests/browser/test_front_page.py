"""The front page in a real browser: readable at two widths and in two schemes, by keyboard, and its links go where they
say; of an audit that found something, with and without what hostile names do to it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from compliance.core.errors import ComplianceError
from compliance.estate.resources import resource
from compliance.reporting import node, serve
from tests.browser import chromium
from tests.browser.test_report_page import DESCRIPTION, local, outside
from tests.front_pages import LONG, NASTY, hostile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.browser, pytest.mark.node]

ESTATE = "name: shop\nkind: staging\nsystems: [command_catalog]\npolicy: policy\npostgres: {embedded: true}\n"
WAIVERS = """
  - {id: w-place, finding: "CC001:dot_iu_place#category", reason: renamed, owner: ann, approver: bob,
     from: 2026-11-01, until: 2999-12-31, ceiling: 1}
"""
FINDING = "CC001:dot_iu_health#category"


@pytest.fixture(scope="module")
def browser() -> str:
    return chromium.find() or chromium.not_run(
        "install Chromium (`apt-get install chromium`) or name one in $CHROMIUM"
    )


@pytest.fixture
def tab(browser: str, tmp_path: Path) -> Iterator[chromium.Page]:
    with chromium.page(browser, tmp_path / "profile") as opened:
        yield opened


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of an estate without a repository, of which two commands are not as declared, one of them waived."""
    try:
        node.command(node.find())
    except ComplianceError as error:
        chromium.not_run(str(error))
    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(resource("fixtures/reference/policy"), folder / "policy")
    (folder / "estate.yaml").write_text(ESTATE)
    waivers = folder / "policy" / "waivers.yaml"
    waivers.write_text(waivers.read_text().replace("waivers: []", f"waivers:{WAIVERS}"))
    catalog = folder / "policy" / "command_catalog.yaml"
    text = catalog.read_text()
    for name in ("dot_iu_place", "dot_iu_health"):
        text = changed(text, name)
    catalog.write_text(text)
    for words in (("--no-page",), ()):
        command = [sys.executable, "-m", "compliance.cli", "audit", "--estate", "estate.yaml", *words]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 3, done.stdout + done.stderr
    return folder / "reports" / "html"


def changed(text: str, name: str) -> str:
    """The policy with another category of a command."""
    head, _, rest = text.partition(f"  {name}:")
    assert rest
    return f"{head}  {name}:" + rest.replace("category: ", "category: other-", 1)


OPENED = "document.querySelectorAll('details').forEach(each => each.open = true)"


def looked_at(tab: chromium.Page, page: Path, width: int, scheme: str) -> None:
    tab.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    tab.open(page.as_uri())
    tab.value(OPENED)


def readable(tab: chromium.Page, scheme: str) -> None:
    assert tab.errors == []
    assert [each for each in tab.requests if not each.startswith(("file:", "data:", "about:"))] == []
    assert tab.value("document.documentElement.scrollWidth <= innerWidth")
    assert tab.value(chromium.CONTRAST) >= 4.5
    dark = tab.value("getComputedStyle(document.body).backgroundColor") == "rgb(15, 20, 25)"
    assert dark is (scheme == "dark")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_and_asks_nothing_of_anybody(
    tab: chromium.Page, audited: Path, width: int, scheme: str
) -> None:
    looked_at(tab, audited / "index.html", width, scheme)
    readable(tab, scheme)
    assert "Verdict: could not look" in tab.text()
    looked_at(tab, audited / "policy" / "command_catalog.yaml.html", width, scheme)
    readable(tab, scheme)


@pytest.mark.parametrize("text", [LONG, NASTY, "javascript:alert(1)"], ids=["long", "markup", "address"])
@pytest.mark.parametrize("width", [390, 1280])
def test_hostile_names_neither_run_nor_push_anything_out_of_the_page(
    tab: chromium.Page, tmp_path: Path, text: str, width: int
) -> None:
    page = tmp_path / "page.html"
    page.write_text(hostile(text))
    looked_at(tab, page, width, "light")
    readable(tab, "light")
    assert tab.value("document.scripts.length") == 0


def test_each_finding_is_told_with_all_that_an_auditor_asks(tab: chromium.Page, audited: Path) -> None:
    tab.open((audited / "index.html").as_uri())
    tab.value(OPENED)
    shown = " ".join(tab.text().split())
    for said in (
        "Remedy compliance compile command_catalog", FINDING, "unchanged known since 20", "waived by w-place",
        "from public.dot_iu_command_catalog", "From postgres at 20", "Approvals and receipts",
        "declared as not reversible", "command_catalog seed",
    ):  # fmt: skip
        assert said in shown, said


def test_a_finding_s_links_open_its_case_in_allure_and_its_line_of_policy(
    tab: chromium.Page, audited: Path
) -> None:
    with serve.serving(audited) as address:
        tab.open(address)
        follow(tab, "allure/")
        described = tab.wait(DESCRIPTION)
        assert "Why: the catalog is what operators" in described
        assert re.search(rf"Since the last run: unchanged, first seen 20.*: {FINDING}", described)
        assert "The catalog's row equals the declared command in every column [dot_iu_health]" in tab.text()
        tab.open(address)
        follow(tab, "policy/")
        assert tab.wait("document.querySelector(':target')?.textContent").strip() == "dot_iu_health:"
    assert outside(tab.requests) == []
    assert [each for each in tab.errors if "404" not in each] == []


def follow(tab: chromium.Page, to: str) -> None:
    """A click on the link of the finding that leads there."""
    link = f"[...document.querySelectorAll('.findings li')].find(e => e.innerText.startsWith({FINDING!r}))"
    tab.value(f"""{link}.querySelector('a[href^="{to}"]').click()""")
    tab.wait(f"location.pathname.includes('/{to}') && document.readyState === 'complete'")


def test_a_case_in_allure_links_to_its_line_of_policy(tab: chromium.Page, audited: Path) -> None:
    with serve.serving(audited) as address:
        tab.open(address)
        follow(tab, "allure/")
        target = tab.wait("""document.querySelector('a[href*="policy/command_catalog.yaml.html#L"]')?.href""")
        assert local(target)
        tab.open(target)
        assert tab.wait("document.querySelector(':target')?.textContent").strip() == "dot_iu_health:"


def test_it_is_used_by_keyboard_and_the_focus_is_seen(tab: chromium.Page, audited: Path) -> None:
    tab.open((audited / "index.html").as_uri())
    everything = tab.value("document.querySelectorAll('a[href], summary').length")
    reached = []
    for _ in range(everything + 5):
        tab.press("Tab", 9)
        if tab.value("document.activeElement === document.body"):
            break
        reached.append(tab.value("document.activeElement.textContent.trim()"))
        style = "getComputedStyle(document.activeElement)"
        assert tab.value(f"{style}.outlineStyle === 'solid' && parseFloat({style}.outlineWidth) >= 2"), reached[
            -1
        ]
        assert tab.value("document.activeElement.getBoundingClientRect().left >= 0")
    assert reached[0] == "Skip to the findings"
    hidden = "[...document.querySelectorAll('details:not([open]) a')].length"
    assert len(reached) >= everything - tab.value(hidden)
    tab.value("document.querySelector('.rule summary').focus()")
    tab.press("Enter", 13, "\r")
    assert not tab.value("document.querySelector('.rule').open")
    roles = {n["role"]["value"] for n in tab.call("Accessibility.getFullAXTree")["nodes"] if "role" in n}
    assert {"table", "rowheader", "cell", "image", "main", "banner", "contentinfo", "navigation"} <= roles
