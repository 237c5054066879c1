"""`controls.yaml`: holes in the mapping are findings, and the matrix tells what became of each rule."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from compliance import accepting
from compliance.cli import main
from compliance.core import canonical, controls
from compliance.core.controls import Control, judgements, matrix
from compliance.core.errors import ConfigurationError
from compliance.core.finding import Finding, NotApplicable
from compliance.core.verdict import Case, Rule, gate
from compliance.core.verdicts import document
from compliance.estate import controls as files
from compliance.systems import Policies
from tests import faults

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = {"A1": "one", "A2": "one", "B1": "two", "C1": "three"}
WHOLE = (Control("a", "All of one", ("A1", "A2")), Control("b", "Two", ("B1",), ("CM-3",)))


def said(*found: Control, in_force: tuple[str, ...] = ("one", "two")) -> list[tuple[str, str | None]]:
    return [(f.subject, f.facet) for f in judgements(found, KNOWN, in_force) if isinstance(f, Finding)]


def test_a_mapping_that_is_whole_is_no_finding_whatever_rules_are_not_in_force() -> None:
    assert list(judgements(WHOLE, KNOWN, ("one", "two"))) == []


def test_a_rule_in_force_that_is_of_no_control_is_a_finding() -> None:
    assert said(*WHOLE, in_force=("one", "two", "three")) == [("C1", "unmapped")]
    assert said(WHOLE[0]) == [("B1", "unmapped")]


def test_a_control_without_a_rule_and_one_of_rules_that_there_are_not_are_findings() -> None:
    assert said(*WHOLE, Control("c", "None", ())) == [("c", "empty")]
    assert said(*WHOLE, Control("c", "Gone", ("X1", "X2"))) == [("c", "X1"), ("c", "X2"), ("c", "empty")]
    assert said(*WHOLE, Control("c", "One gone", ("A1", "X1"))) == [("c", "X1")]


def test_a_control_of_a_system_that_is_not_in_force_is_not_applicable_and_says_why() -> None:
    (found,) = judgements((*WHOLE, Control("c", "Three", ("C1",))), KNOWN, ("one", "two"))
    assert found == NotApplicable("c", "its rules judge three, which is not in force")


def test_without_controls_there_is_nothing_to_say() -> None:
    assert list(judgements((), KNOWN, ("one",))) == [
        NotApplicable("controls.yaml", "policy declares no controls")
    ]


def test_the_controls_of_a_rule_are_those_that_name_it() -> None:
    assert controls.of((*WHOLE, Control("c", "Again", ("A1",))), "A1") == ("a", "c")
    assert controls.of(WHOLE, "C1") == ()


def outcomes(*found: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"rule": rule, "outcome": outcome} for rule, outcome in found]


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        ([("A1", "kept"), ("A2", "kept")], "kept"),
        ([("A1", "kept"), ("A1", "broken"), ("A2", "kept")], "broken"),
        ([("A1", "could_not_look"), ("A2", "kept")], "could_not_look"),
        ([("A1", "could_not_look"), ("A2", "broken")], "broken"),
        ([("A1", "waived"), ("A2", "kept")], "waived"),
        ([("A1", "not_applicable"), ("A2", "kept")], "kept"),
        ([("A1", "not_applicable"), ("A2", "not_applicable")], "not_applicable"),
        ([("A1", "kept")], "not audited"),
        ([("A1", "broken")], "broken"),
        ([], "not audited"),
    ],
)
def test_a_control_is_as_bad_as_the_worst_of_its_rules_and_never_kept_where_one_was_not_audited(
    cases: list[tuple[str, str]], expected: str
) -> None:
    (row, _) = matrix(WHOLE, outcomes(*cases), KNOWN)
    assert row["outcome"] == expected


def test_of_a_rule_that_is_not_in_force_an_old_outcome_says_nothing() -> None:
    (row, _) = matrix(WHOLE, outcomes(("A1", "broken"), ("A2", "kept")), {"A2", "B1"})
    assert (row["outcome"], row["rules"][0]["outcome"]) == ("kept", "not in force")


# --- controls.yaml ---------------------------------------------------------------------------------------------

ENTRY = "id: a, title: Changes, rules: [CC001, CC002], nist: [CM-3, CM-3(2)]"


def read(folder: Path, *entries: str) -> files.Controls:
    lines = ["controls:", *(f"- {{{entry}}}" for entry in entries)]
    (folder / files.NAME).write_text("\n".join(lines) + ("" if entries else " []") + "\n", encoding="utf-8")
    return files.load(folder)


def test_a_folder_without_the_file_and_one_that_is_empty_have_no_controls(tmp_path: Path) -> None:
    assert files.load(tmp_path) == files.Controls()
    assert read(tmp_path).entries == ()


def test_a_file_says_all_of_a_control(tmp_path: Path) -> None:
    (found,) = read(tmp_path, ENTRY).entries
    assert found == Control("a", "Changes", ("CC001", "CC002"), ("CM-3", "CM-3(2)"))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (
            "title: Changes",
            "titel: Changes",
            "unknown key 'titel' in controls.1; allowed: id, nist, rules, title",
        ),
        ("title: Changes", "title: ''", "is a title"),
        ("rules: [CC001, CC002]", "rules: CC001", "a list of ids"),
        ("rules: [CC001, CC002]", "rules: [CC001, CC001]", "CC001 stands here twice"),
        ("CM-3,", "CM-3, CM-3,", "CM-3 stands here twice"),
        ("CM-3,", "XX-3,", "a control of NIST SP 800-53 rev. 5"),
        ("CM-3,", "cm-3,", "a control of NIST SP 800-53 rev. 5"),
        ("id: a", "id: b", "there are two controls 'b'"),
    ],
)
def test_a_malformed_file_is_an_error_that_names_file_and_line(
    old: str, new: str, why: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, ENTRY.replace("id: a", "id: b"), ENTRY.replace(old, new))
    assert str(caught.value).startswith(f"{tmp_path / files.NAME}:3: ")
    assert why in str(caught.value)


def test_every_rule_of_the_reference_estate_is_of_a_control_and_every_control_has_rules() -> None:
    policies = Policies.load(faults.reference())
    known = {name: rule.system for name, rule in accepting.shipped().items()}
    assert list(judgements(policies.controls.entries, known, policies)) == []
    assert 15 <= len(policies.controls.entries) <= 30


# --- compliance controls ---------------------------------------------------------------------------------------


def last(folder: Path, *found: tuple[str, str]) -> str:
    """A verdict as an audit writes it."""
    cases = [
        Case(Rule(rule, "command_catalog", "", "", "high", "conformance", "", ""), "s", outcome)  # type: ignore[arg-type]
        for rule, outcome in found
    ]
    verdict = gate(cases, observation="o", policy="p", judged_at="2026-01-01T00:00:00+00:00")
    file = folder / "verdict.json"
    file.write_bytes(canonical.dumps(document(verdict)))
    return str(file)


def test_the_matrix_shows_each_control_with_its_rules_and_what_became_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = last(tmp_path, ("CC003", "kept"), ("CC004", "kept"), ("CC013", "broken"), ("CC012", "kept"))
    assert main(["controls", "--last", file]) == 0
    text = capsys.readouterr().out
    assert "counts-pinned  broken  A number of things is the same wherever it is repeated" in text
    assert "    CC003   1 kept\n    CC004   1 kept\n    CC013   1 broken\n" in text
    assert "gates-closed  not audited" in text
    assert text.endswith("as of 2026-01-01T00:00:00+00:00, by another policy than now\n")
    assert main(["controls", "--last", file, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    rows = {row["id"]: row for row in said["controls"]}
    assert rows["counts-pinned"]["nist"] == ["CM-8"]
    assert said["audit"] == {"judged_at": "2026-01-01T00:00:00+00:00", "same_policy": False}


def test_without_an_audit_the_matrix_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["controls", "--last", str(tmp_path / "none.json")]) == 0
    text = capsys.readouterr().out
    assert "counts-pinned  not audited" in text
    assert "nothing was audited yet" in text


def test_a_hole_in_the_mapping_is_told_and_is_exit_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change = faults.Edit("controls.yaml", "[CC003, CC004, CC013]", "[CC003, CC004]")
    faults.copied(faults.reference().policy, tmp_path / "policy", (change,))
    (tmp_path / "estate.yaml").write_text(
        "name: e\nkind: reference\nsystems: [command_catalog]\npolicy: policy\npostgres: {embedded: true}\n"
    )
    words = ["controls", "--estate", str(tmp_path / "estate.yaml"), "--last", str(tmp_path / "none.json")]
    assert main(words) == 1
    assert "hole: rule CC013 is in force, and of no control" in capsys.readouterr().out
