"""The page in a real browser: what an auditor reads on it, and that reading it tells nobody."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from compliance.core.errors import ComplianceError
from compliance.reporting import node, page, results, serve
from tests.browser import chromium
from tests.live.results_of import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.browser, pytest.mark.node]

PROBES = """
import pytest

@pytest.mark.parametrize("name", ["dot_iu_alpha", "dot_iu_beta", "dot_iu_gamma"])
def test_rows(name):
    if name == "dot_iu_gamma":
        pytest.fail("dot_iu_gamma: mutating differs", pytrace=False)
"""


@pytest.fixture(scope="module")
def browser() -> str:
    return chromium.find() or chromium.not_run(
        "install Chromium (`apt-get install chromium`) or name one in $CHROMIUM"
    )


@pytest.fixture(scope="module")
def renderer() -> Path:
    try:
        return node.command(node.find())
    except ComplianceError as error:
        chromium.not_run(str(error))


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory, renderer: Path) -> Path:
    """The page of three cases, one of them broken."""
    folder = tmp_path_factory.mktemp("page")
    run(folder / "probes", PROBES, folder / "results")
    results.write_run_files(folder / "results", {"estate": "a b=c", "observation": "sha256:00ff"})
    return page.generate(folder / "results", folder / "html")


@pytest.fixture
def tab(browser: str, tmp_path: Path) -> Iterator[chromium.Page]:
    with chromium.page(browser, tmp_path / "profile") as opened:
        yield opened


def outside(requests: list[str]) -> list[str]:
    """What left this machine; `data:` and `blob:` never do."""
    return [
        each for each in requests if urlsplit(each).scheme not in {"data", "blob", "about"} and not local(each)
    ]


def local(address: str) -> bool:
    return urlsplit(address).hostname == "127.0.0.1"


def test_a_passed_case_shows_why_remedy_and_evidence_and_nothing_leaves(
    tab: chromium.Page, rendered: Path
) -> None:
    with serve.serving(rendered.parent) as address:
        tab.open(address)
        for text in ("the_system", "the family", "XX001", "A thing is as declared [dot_iu_alpha]"):
            show(tab, text)
        described = tab.wait(DESCRIPTION)
        assert "Why: the reason why" in described
        assert "Remedy: set it right with x" in described
        assert "Passed" in tab.text()
        tab.click_text("what was seen")
        tab.wait("document.body.innerText.includes('declared 26, observed 26')")
        assert len([each for each in tab.requests if local(each)]) > 5
    assert outside(tab.requests) == []
    assert [each for each in tab.errors if "404" not in each] == []


def test_the_page_of_a_real_audit_shows_a_kept_case_with_why_remedy_and_evidence(
    tab: chromium.Page, audited: Path
) -> None:
    path = ("command_catalog", "rows", "CC001", f"{KEPT} [dot_iu_place]")
    with serve.serving(audited) as address:
        tab.open(address)
        for text, following in itertools.pairwise((*path, "")):
            open_group(tab, text, following)
        described = tab.wait(DESCRIPTION)
        assert "Why: the catalog is what operators and programs choose commands from" in described
        assert "Remedy: compliance compile command_catalog" in described
        assert re.search(
            r"rows:command_catalog from postgres by select command_name, .*, at 20\d\d-", described
        )
        assert "Passed" in tab.text()
        tab.click_text("evidence")
        tab.wait("document.body.innerText.includes('fn_iu_place')")
    assert outside(tab.requests) == []
    assert [each for each in tab.errors if "404" not in each] == []


KEPT = "The catalog's row equals the declared command in every column"


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory, renderer: Path) -> Path:
    """What the main job leaves: an audit of the embedded reference estate."""
    out = tmp_path_factory.mktemp("audit")
    command = [sys.executable, "-m", "compliance.cli", "audit", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out / "html" / "allure"


# Allure shows a description in a frame without scripts.
DESCRIPTION = (
    "document.querySelector('[data-testid=test-result-description-frame]')?.contentDocument?.body?.innerText"
)


def test_the_first_page_shows_where_the_run_looked_and_how_outcomes_are_grouped(
    tab: chromium.Page, rendered: Path
) -> None:
    with serve.serving(rendered.parent) as address:
        tab.open(address)
        tab.wait("document.body.innerText.includes('the_system')")
        shown = tab.text()
    assert "sha256:00ff" in shown
    assert "a b=c" in shown


def show(tab: chromium.Page, text: str) -> None:
    """Open a group of the tree of three cases."""
    following = {
        "the_system": "the family",
        "the family": "XX001",
        "XX001": "A thing is as declared [dot_iu_alpha]",
    }
    open_group(tab, text, following.get(text, ""))


def open_group(tab: chromium.Page, text: str, following: str) -> None:
    """Open a group until what follows it is shown; one that is already open is left as it is."""
    tab.wait(f"document.body.innerText.includes({text!r})")
    if not following or not tab.value(f"document.body.innerText.includes({following!r})"):
        tab.click_text(text)


def test_the_watch_sees_what_an_unsealed_page_asks_of_other_hosts(
    tab: chromium.Page, rendered: Path, tmp_path: Path
) -> None:
    """Without this the test above could pass because it looks away."""
    (tmp_path / "index.html").write_text(
        '<html><head></head><script src="http://203.0.113.9/x.js"></script></html>'
    )
    tab.call("Network.setBlockedURLs", urls=["*203.0.113.9*"])
    tab.open((tmp_path / "index.html").as_uri())
    assert "http://203.0.113.9/x.js" in outside(tab.requests)


def test_groups_with_a_failure_are_closed_where_there_are_too_many_cases_to_draw(
    tab: chromium.Page, rendered: Path, tmp_path: Path
) -> None:
    shutil.copytree(rendered.parent, tmp_path / "html")
    shown = {}
    for closed in (False, True):
        if closed:
            page.close(tmp_path / "html")
        with serve.serving(tmp_path / "html") as address:
            tab.open(address)
            tab.wait("document.body.innerText.includes('the_system')")
            shown[closed] = "dot_iu_gamma" in tab.text()
    assert shown == {False: True, True: False}


def test_allure_still_comes_with_analytics_and_none_is_left_after_sealing(
    rendered: Path, renderer: Path
) -> None:
    """If Allure drops it one day, this test says that the cutting can go."""
    shipped = renderer.parent.parent / "@allurereport" / "plugin-awesome" / "dist" / "generators.js"
    assert "googletagmanager" in shipped.read_text()
    assert "googletagmanager" not in rendered.read_text()
    assert page.POLICY in rendered.read_text()


def test_evidence_that_cases_share_is_one_file_in_the_report_too(audited: Path) -> None:
    shown = [each.stat() for each in (audited / "data" / "attachments").iterdir()]
    kept = [each.stat() for each in (audited.parent.parent / "allure-results").glob("*-attachment.*")]
    assert len(shown) > 1000
    assert len({each.st_ino for each in shown}) <= len({each.st_ino for each in kept}) < len(shown) / 5


def test_the_first_page_of_a_real_audit_says_what_was_to_be_judged_and_that_all_of_it_was(
    tab: chromium.Page, audited: Path
) -> None:
    with serve.serving(audited) as address:
        tab.open(address)
        tab.wait("document.body.innerText.includes(' declared = run = reported')")
        assert re.search(r"command_catalog\n\d+ looked at, 11 excl\., \d+ unavail\.", tab.text())
        tab.value(f"({STARTING})('Global Attachments').click()")
        tab.click_text("Population")
        tab.wait("document.body.innerText.includes('excluded: 11 x declared as not reversible')")
        assert "declared in command_catalog.commands: 26\n" in tab.text()


# A tab of the page has its count behind its name.
STARTING = """text => [...document.querySelectorAll('body *')].filter(
  e => e.innerText && e.innerText.trim().startsWith(text)).pop()"""
