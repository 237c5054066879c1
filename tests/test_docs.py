"""The documentation: what its pages tell a person to type does what they say, and the site is built and asks nobody."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from compliance import cataloguing
from tests import pages
from tests.browser import chromium
from tests.pages import ROOT
from tests.test_help import commands as all_commands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = tuple(sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")))
PAGES = tuple(page for page in PAGES if "_build" not in page)
TOLD = tuple(page for page in PAGES if any(pages.commands(page)))
SCRIPTS = tuple(page for page in PAGES if pages.lines(page, "script"))
OUTSIDE = re.compile(r"^\s*(?:https?:)?//", re.IGNORECASE)
_IN_STYLE = re.compile(r"@import\b[^;]+|url\(\s*['\"]?([^'\")]+)", re.IGNORECASE)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    found = pages.environment_of(tmp_path_factory.mktemp("cache"))
    yield found
    pages.down(found)


@pytest.mark.parametrize("page", TOLD)
def test_each_command_ends_and_speaks_as_the_page_says(
    page: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    assert pages.run(page, pages.with_venv(tmp_path / "folder"), environment) > 0


@pytest.mark.parametrize("page", SCRIPTS)
def test_the_scripts_of_a_page_end_as_it_says(page: str, tmp_path: Path, environment: dict[str, str]) -> None:
    pages.run_script(page, tmp_path, environment)


def test_the_pages_that_are_run_are_those_that_have_commands() -> None:
    assert len(TOLD) >= 5
    assert {"docs/birth-scan.md", "docs/registration.md", "docs/sync.md", "docs/evidence.md"} <= set(SCRIPTS)
    languages = {block.language for page in PAGES for block in pages.blocks(page)}
    assert languages <= {"sh", "console", "text", "yaml", "json", "python", "sql", "crontab"}, (
        "bash … would not be run"
    )


def test_the_line_for_a_ci_is_the_one_that_this_repository_runs_itself() -> None:
    (line,) = pages.lines("docs/gates.md", "ci")
    gate = (ROOT / ".github/workflows/gate.yml").read_text(encoding="utf-8").replace("\\\n", "")
    assert " ".join(line.split()) in " ".join(gate.split())  # tests/live/test_workflows.py runs it


# --- worked examples ---------------------------------------------------------------------------------------------


def test_the_probe_of_the_page_runs(tmp_path: Path, environment: dict[str, str]) -> None:
    (probe,) = [block.text for block in pages.blocks("docs/probes.md") if block.language == "python"]
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "test_own001.py").write_text(probe, encoding="utf-8")
    for words, said in (
        (["pytest", "-q", "own"], "27 kept"),
        (["compliance.cli", "rules", "--probes", "own"], "OWN001"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert said in done.stdout


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with the system of the page."""
    copy = pages.checkout(tmp_path_factory.mktemp("system") / "checkout")
    text = (ROOT / "docs/systems.md").read_text(encoding="utf-8")
    for place, old, new in re.findall(r"^<!-- edit: (\S+): (.+) => (.+) -->$", text, re.MULTILINE):
        before = (copy / place).read_text(encoding="utf-8")
        assert before.count(old) == 1, f"{place}: {old}"
        (copy / place).write_text(before.replace(old, new), encoding="utf-8")
    for block in pages.blocks("docs/systems.md"):
        if block.mark == "file":
            (copy / block.name).parent.mkdir(exist_ok=True)
            (copy / block.name).write_text(block.text, encoding="utf-8")
    return copy


def test_the_system_of_the_page_is_audited_and_broken(extended: Path, environment: dict[str, str]) -> None:
    assert pages.run("docs/systems.md", extended, environment | {"PYTHONPATH": str(extended)}, "system") == 6


@pytest.mark.prove
def test_the_faults_of_the_page_break_what_they_say(extended: Path, environment: dict[str, str]) -> None:
    words = ["-m", "pytest", "-q", "tests/live/test_sensitivity.py", "-k", "ET001", "--no-directus"]
    done = subprocess.run(
        [sys.executable, *words], cwd=extended, env=environment | {"PYTHONPATH": str(extended)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


def test_the_approvals_of_the_page_are_a_policy(tmp_path: Path) -> None:
    from compliance.estate import document
    from compliance.systems import platform

    (approvals,) = [block.text for block in pages.blocks("docs/changes.md") if block.language == "yaml"]
    people = zip("abc", ("alice", "bob", "carol"), strict=True)
    keys = "".join(f"    {name}: {{public: '{x * 64}', may: [execute, rollback]}}\n" for x, name in people)
    rules = "".join(f"  {line}\n" for line in approvals.splitlines())
    policy = tmp_path / "platform.yaml"
    policy.write_text(
        f"reviewed: false\npostgres: {{oldest: 14, newest: 18}}\nexecution:\n  keys:\n{keys}{rules}"
    )
    schema = ROOT / "compliance/systems/platform/policy.schema.json"
    found = platform.parse(document.load(policy, schema)).execution
    assert [(rule.count, rule.capability) for rule in found.approvals["production"]] == [
        (1, "execute"), (2, "execute"), (1, "rollback"),
    ]  # fmt: skip


# --- the site ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `make docs` builds it: a warning, or a reference to what is not there, is an error."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-d", folder / "trees", "docs",
         folder / "html"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "html"


class _Asked(HTMLParser):
    """What a browser fetches without being told: not what a person may follow."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if value and (name in ("src", "srcset", "poster", "data") or (tag == "link" and name == "href")):
                self.found.append(value)
            if value and name == "style":
                self.found += styled(value)


def styled(text: str) -> list[str]:
    return [found[1] or found[0] for found in _IN_STYLE.finditer(text)]


def asked(page: str) -> list[str]:
    parser = _Asked()
    parser.feed(page)
    return parser.found


def test_the_built_site_asks_nothing_of_any_host(site: Path) -> None:
    outside = []
    for file in site.rglob("*"):
        if file.suffix in (".html", ".css"):
            text = file.read_text(encoding="utf-8")
            found = styled(text) if file.suffix == ".css" else [*asked(text), *styled(text)]
            assert found or file.suffix == ".css", file
            outside += [(file.name, each) for each in found if OUTSIDE.match(each)]
    assert outside == []


def test_a_page_that_asked_another_host_would_be_noticed() -> None:
    for page in (
        '<script src="https://cdn.example.org/x.js">', '<link rel="preconnect" href="//fonts.example.org">',
        '<img src="http://example.org/a.png">',
    ):  # fmt: skip
        assert [each for each in asked(page) if OUTSIDE.match(each)]
    assert [each for each in styled("@font-face {src: url('https://x.example/f')}") if OUTSIDE.match(each)]
    assert asked('<a href="https://example.org">') == []


@pytest.mark.browser
def test_a_real_browser_reads_it_without_a_request_elsewhere_or_an_error(site: Path, tmp_path: Path) -> None:
    binary = chromium.find() or chromium.not_run("install Chromium")
    with chromium.page(binary, tmp_path / "profile") as page:
        for name in ("index.html", "tutorial.html", "reference/rules.html"):
            page.open((site / name).as_uri())
            assert page.value("document.querySelector('h1') !== null"), name
        assert [each for each in page.requests if not each.startswith(("file:", "data:", "about:"))] == []
        assert page.errors == []


def test_the_reference_has_every_rule_every_command_and_every_file(site: Path) -> None:
    rules = (site / "reference/rules.html").read_text(encoding="utf-8")
    for probe in cataloguing.probes():
        assert f'id="rule-{probe.rule.id.lower()}"' in rules
    commands = (site / "reference/commands.html").read_text(encoding="utf-8")
    for command in all_commands():
        assert f'id="{command.parser.prog.replace(" ", "-")}"' in commands
    keys = (site / "reference/keys.html").read_text(encoding="utf-8")
    from compliance.systems import SYSTEMS

    for system in SYSTEMS:
        assert f"policy/{system}.yaml" in keys


def test_each_page_is_reached_from_the_first(site: Path) -> None:
    first = (site / "index.html").read_text(encoding="utf-8")
    for page in PAGES:
        assert (
            f'href="{page.removeprefix("docs/").removesuffix(".md")}.html"' in first or page == "docs/index.md"
        )
