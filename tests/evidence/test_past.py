"""A bundle says what its audit adds to those before it, and a replay comes to the same."""

from __future__ import annotations

import io
import json
import re
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from compliance import keeping
from compliance.core.finding import Finding
from compliance.core.verdict import Case, Rule, gate
from compliance.evidence import contents, report
from tests.evidence.bundles import Desk, files
from tests.evidence.nights import COMMANDS, KEPT, STATES, Night, expected, first_seen, key, looked

if TYPE_CHECKING:
    from pathlib import Path

NIGHTS = [
    Night(1, frozenset(COMMANDS[:2])),
    Night(2, frozenset(COMMANDS[1:3])),
    Night(3, frozenset(COMMANDS[:1])),
]
SAME = "the same verdict and the same plans, byte for byte\n"


def audit(desk: Desk, night: Night) -> None:
    looked(desk, night)
    words = ("--observation", "observation.json", "--judged-at", night.at, "--no-page")
    assert desk.run("audit", "--estate", "estate.yaml", *words).code == 1


def seal(desk: Desk, name: str, night: Night, *words: str) -> dict[str, bytes]:
    looked(desk, night)
    done = desk.seal(name, "--judged-at", night.at, *words)
    assert done.code == 0, done.err
    return files((desk.folder / name).read_bytes())


def test_what_is_new_unchanged_reopened_and_gone_is_in_the_bundle_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ledger=False)
    audit(desk, NIGHTS[0])
    two = seal(desk, "two.tar", NIGHTS[1], "--no-report")  # a seal is an audit of that night, and kept as one
    audit(desk, NIGHTS[2])
    three = seal(desk, "three.tar", NIGHTS[2])  # of the same look as the audit before it
    for number, held in ((2, two), (3, three)):
        said = json.loads(held["changes.json"])
        assert {state: said[state] for state in STATES} == list(expected(NIGHTS[:number]))[-1]
        assert said["first_seen"] == first_seen(NIGHTS[:number])
        assert (said["runs"], said["last"]["observed_at"]) == (number - 1, NIGHTS[number - 2].at)
        assert said["defect"] == []
    assert len(keeping.read(tmp_path / "reports" / "history.jsonl").entries) == 3
    text = three["REPORT.md"].decode()
    assert f"- new: {key(COMMANDS[0])}" not in text
    assert f"- reopened: {key(COMMANDS[0])}, first seen {NIGHTS[0].at}" in text
    assert re.search(
        r"^0 new, 1 reopened, 2 resolved, \d+ unchanged|^0 new, 1 reopened, 2 resolved, 0 open", text, re.M
    )
    assert len([line for line in text.splitlines() if line.startswith("| 2026-11-0")]) == 3
    assert re.search(
        r"^- command_catalog: (\d+) declared = \1 collected = \1 run = \1 reported; looked at", text, re.M
    )
    _results_say_so(three["allure-results.tar"])
    export = desk.run("export", "csv", "--from", "three.tar", "--key", "key.pub")
    assert (export.code, export.out.count(",reopened,")) == (0, 1), export
    _elsewhere(desk, "three.tar")


def _results_say_so(packed: bytes) -> None:
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        held = {each.name: tar.extractfile(each.name).read() for each in tar}  # type: ignore[union-attr]
    labels: list[Any] = [
        label
        for name, data in held.items()
        if name.endswith("-result.json")
        for label in json.loads(data)["labels"]
    ]
    assert {"unchanged", "reopened"} <= {each["value"] for each in labels if each["name"] == "tag"}
    assert b"population" in held["environment.properties"]
    assert [name for name, data in held.items() if b"declared in command_catalog.commands: " in data]


def _elsewhere(desk: Desk, name: str) -> None:
    """Without the history that it was compared with."""
    whole = (desk.folder / name).read_bytes()
    (desk.folder / "reports" / "history.jsonl").unlink()
    (desk.folder / "auditor.tar").write_bytes(whole)
    done = desk.run("replay", "auditor.tar", "--key", "key.pub", TZ="Asia/Kathmandu")
    assert (done.code, done.out) == (0, SAME), done.err


def test_the_first_audit_says_that_nothing_is_known_and_the_same_look_again_is_no_other_run(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path, ledger=False)
    one, again = (seal(desk, f"{name}.tar", NIGHTS[0], "--no-report") for name in ("one", "again"))
    assert one == again
    assert "No earlier audit was kept" in one["REPORT.md"].decode()
    assert len(keeping.read(tmp_path / "reports" / "history.jsonl").entries) == 1


def test_another_result_of_the_same_look_is_sealed_as_a_defect_and_said(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ledger=False)
    audit(desk, NIGHTS[0])
    place = tmp_path / "reports" / "history.jsonl"
    entry = json.loads(place.read_text())
    gone = entry["findings"].pop()
    place.write_text(json.dumps(entry | {"facts": "0" * 64, "result": "0" * 64}) + "\n")
    done = desk.seal("one.tar", "--judged-at", NIGHTS[0].at, "--no-report")
    assert (done.code, "compliance: defect: run" in done.err) == (0, True), done.err
    held = files((tmp_path / "one.tar").read_bytes())
    assert any(gone in line for line in json.loads(held["changes.json"])["defect"])
    assert "- DEFECT: run" in held["REPORT.md"].decode()
    assert desk.run("replay", "one.tar").code == 0


def test_no_name_of_an_estate_writes_a_line_of_the_report(tmp_path: Path) -> None:
    """What is in a row is chosen by whoever may write rows."""
    forged = "x\n\n# estate: kept\n\x1b[2J"
    rule = Rule("R1", "s", "title", "family", "high", "conformance", "why", "remedy")
    cases = (
        Case(rule, forged, "broken", (Finding(forged, f"is {forged}"),)),
        Case(rule, "b", "could_not_look", reason=forged),
    )
    verdict = gate(cases, observation="o", policy="p", judged_at=NIGHTS[0].at)
    text = report.report(contents.Performed(KEPT, verdict, (), (), {"s": (forged,)})).decode()
    assert "\x1b" not in text
    assert [line for line in text.splitlines() if line.startswith("# ")] == [f"# {KEPT.estate}: could-not-look"]


@pytest.mark.parametrize(
    ("judged_at", "told"), [(KEPT.observed_at, False), ("2020-01-01T00:00:00+00:00", True)]
)
def test_a_judgement_as_of_a_time_before_the_look_is_told_on_the_report(judged_at: str, told: bool) -> None:
    """An audit of today as of a year ago would find every waiver of then in force."""
    verdict = gate((), observation="o", policy="p", judged_at=judged_at)
    text = report.report(contents.Performed(KEPT, verdict, (), (), {})).decode()
    assert ("judged as of a time before it was looked at" in text) is told
