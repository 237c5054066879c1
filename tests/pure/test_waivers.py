"""Waivers over values alone: what one names, when it is in force, what it waives, and what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance import waiving
from compliance.core import waivers
from compliance.core.errors import ConfigurationError
from compliance.core.finding import Finding, NotApplicable, Unseen
from compliance.core.waivers import Met, Waiver
from compliance.estate import waivers as files
from tests import faults, quick

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from compliance.core.waivers import State

AT = "2026-06-15T12:00:00+00:00"
GOOD = Waiver("w", "R1:a*", "renamed", "ann", "bob", "2026-01-01", "2026-12-31", 2)
A, B, C = (Finding(name, "is wrong") for name in ("a1", "a2", "a3"))
KEYS = st.builds(
    lambda subject, facet: Finding(subject, "", facet or None).key("R1"),
    st.text(min_size=1, max_size=8), st.text(max_size=4),
)  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "key", "meets"),
    [
        ("R1:a", "R1:a", True),
        ("R1:a", "R1:ab", False),
        ("R1:a", "R1:A", False),
        ("R1:a", "R2:a", False),
        ("R1:a", "R1:a#f", False),
        ("R1:a*", "R1:a", True),
        ("R1:a*", "R1:a1", True),
        ("R1:a*", "R1:a1#f", False),
        ("R1:a*#f", "R1:a1#f", True),
        ("R1:a*#f*", "R1:a1#fg", True),
        ("R1:*#f", "R1:a#g", False),
        ("R1:f(text[])", "R1:f(text[])", True),
        ("R1:f(text[])", "R1:f(textt)", False),
        ("R1:a.b", "R1:aXb", False),
        ("R1:a?", "R1:ab", False),
        ("R1:a\nb*", "R1:a\nb\nc", True),
        (r"R1:a\*", "R1:a*", True),
        (r"R1:a\*", "R1:ab", False),
        (r"R1:a\\b", "R1:a\\b", True),
    ],
)
def test_a_pattern_names_its_key_and_a_star_stays_within_the_subject_or_the_facet(
    pattern: str, key: str, meets: bool
) -> None:
    assert replace(GOOD, finding=pattern).meets(key) is meets


@given(KEYS, KEYS)
def test_a_key_that_is_written_out_names_itself_and_no_other_key(key: str, other: str) -> None:
    waiver = replace(GOOD, finding=waivers.literally(key))
    assert waiver.meets(key)
    assert waiver.meets(other) is (other in (key, waiver.finding))


@pytest.mark.parametrize(
    "pattern", ["*", "R1", "R1:", "R1:*", "R1:**", "R1:*#*", "R*:a", "*:a", ":a", "R1:*.*", "R1:?"]
)
def test_a_pattern_that_names_everything_or_no_rule_is_refused(pattern: str) -> None:
    assert waivers.unbounded(pattern)


@pytest.mark.parametrize("pattern", ["R1:a", "R1:*a*", "R1:*#f", r"R1:\*a", "R1:(all)"])
def test_a_pattern_with_a_literal_part_is_taken(pattern: str) -> None:
    assert waivers.unbounded(pattern) == ""


@pytest.mark.parametrize(
    ("since", "until", "at", "state"),
    [
        ("2026-06-15", "2026-06-15", "2026-06-15T00:00:00+00:00", "in force"),
        ("2026-06-15", "2026-06-15", "2026-06-15T23:59:59+00:00", "in force"),
        ("2026-06-15", "2026-06-15", "2026-06-14T23:59:59+00:00", "not yet in force"),
        ("2026-06-15", "2026-06-15", "2026-06-16T00:00:00+00:00", "expired"),
        ("2026-01-01", "2026-06-15T12:00:00Z", "2026-06-15T11:59:59+00:00", "in force"),
        ("2026-01-01", "2026-06-15T12:00:00Z", "2026-06-15T12:00:00+00:00", "expired"),
        ("2026-06-15T12:00:00Z", "2026-12-31", "2026-06-15T12:00:00+00:00", "in force"),
        ("2026-06-15T12:00:00Z", "2026-12-31", "2026-06-15T11:59:59+00:00", "not yet in force"),
        ("2026-01-01", "", AT, "incomplete"),
        ("", "2026-06-14", AT, "expired"),
    ],
)
def test_a_waiver_is_in_force_to_the_second_as_of_the_time_of_the_judgement(
    since: str, until: str, at: str, state: State
) -> None:
    assert replace(GOOD, since=since, until=until).state(at) == state


def waived(waiver: Waiver, *findings: Finding, rule: str = "R1", at: str = AT) -> set[str]:
    return set(waivers.waived([waiver], rule, findings, at))


def test_what_a_complete_waiver_in_force_names_is_waived_up_to_its_ceiling_and_beyond_it_nothing() -> None:
    assert waived(GOOD, A, Finding("b", "is wrong")) == {"R1:a1"}
    assert waived(GOOD, A, B) == {"R1:a1", "R1:a2"}
    assert waived(GOOD, A, B, C) == set()


@pytest.mark.parametrize(
    "change",
    [
        {"reason": ""}, {"owner": ""}, {"approver": ""}, {"since": ""}, {"until": ""}, {"ceiling": None},
        {"approver": " ANN "}, {"until": "2026-06-14"}, {"since": "2026-06-16"},
    ],
    ids=str,
)  # fmt: skip
def test_a_waiver_that_lacks_a_part_or_another_approver_or_is_not_in_force_waives_nothing(
    change: dict[str, str],
) -> None:
    assert waived(replace(GOOD, **change), A) == set()  # type: ignore[arg-type]


def test_nothing_is_waived_of_another_rule_and_never_of_the_rules_that_judge_waivers_and_gates() -> None:
    assert waived(GOOD, A, rule="R2") == set()
    assert waived(replace(GOOD, finding="PL006:a*"), A, rule="PL006") == set()
    assert waived(replace(GOOD, finding="PL007:a*"), A, rule="PL007") == set()


def test_of_two_waivers_the_one_within_its_ceiling_counts_and_of_two_such_the_first() -> None:
    tight, wide = replace(GOOD, id="tight", ceiling=1), replace(GOOD, id="wide")
    found = waivers.waived([tight, wide], "R1", [A, B], AT)
    assert {waiver.id for waiver in found.values()} == {"wide"}
    assert waivers.waived([GOOD, wide], "R1", [A], AT)["R1:a1"].id == "w"


def facets(met: Met, at: str = AT) -> list[str | None]:
    return [found.facet for found in waivers.judgements(met, at) if isinstance(found, Finding)]


def test_a_waiver_that_is_complete_in_force_and_used_is_no_finding() -> None:
    assert list(waivers.judgements(Met(GOOD, (A, B)), AT)) == []


@pytest.mark.parametrize(
    ("change", "findings", "expected"),
    [
        ({}, (), ["unused"]),
        ({}, (A, B, C), ["over-ceiling"]),
        ({"until": "2026-06-14"}, (A,), ["expired"]),
        ({"since": "2026-06-16"}, (A,), ["not-yet-in-force"]),
        ({"reason": "", "ceiling": None}, (A,), ["incomplete"]),
        ({"approver": "Ann"}, (A,), ["own-approver"]),
        ({"owner": "", "approver": "", "until": "2026-06-14"}, (), ["incomplete", "expired"]),
    ],
    ids=str,
)
def test_whatever_is_wrong_with_a_waiver_is_a_finding_of_its_own_told_to_its_owner(
    change: dict[str, str], findings: tuple[Finding, ...], expected: list[str]
) -> None:
    waiver = replace(GOOD, **change)  # type: ignore[arg-type]
    assert facets(Met(waiver, findings)) == expected
    for found in waivers.judgements(Met(waiver, findings), AT):
        assert isinstance(found, Finding)
        assert found.subject == "w"
        assert found.message.startswith(f"for {waiver.owner or 'nobody'}: ")


def test_a_waiver_of_a_rule_that_cannot_be_waived_is_a_finding_however_good_it_is() -> None:
    assert facets(Met(GOOD, wrong=("readiness", "R1 is a rule of readiness"))) == ["readiness"]


def test_where_it_is_not_known_what_a_waiver_meets_it_is_neither_unused_nor_good() -> None:
    assert list(waivers.judgements(Met(GOOD, unseen="R1: blind"), AT)) == [Unseen("w", "R1: blind")]
    assert list(waivers.judgements(Met(GOOD, unasked="not run"), AT)) == [NotApplicable("w", "not run")]
    over = replace(GOOD, until="2026-06-14")
    assert facets(Met(over, unasked="not run")) == ["expired"], "what is known to be wrong is still told"


@pytest.mark.parametrize("probe", quick.probes(), ids=lambda probe: probe.said.id)
def test_every_rule_can_be_waived_or_says_why_not(probe: quick.Probe) -> None:
    """What its findings are called is seen where they are found: `faults.nameable`, of every fault."""
    why = waiving.refused(probe.said.id)
    if probe.said.id == waivers.OWN:
        assert why == "PL006 judges waivers, and cannot be waived"
    elif probe.said.id == waivers.GATES:
        assert why == "PL007 judges the gates, and cannot be waived: `compliance profiles accept`"
    elif probe.said.phase == "readiness":
        assert why == f"{probe.said.id} is a rule of readiness, which cannot be waived"
    else:
        assert why == ""
        assert probe.rule is not None, "what a waiver of it meets can be known"


def _skips(look: object) -> None:
    pytest.skip("not today")


def _fails(look: object) -> None:
    pytest.fail("never")


def _more(look: object, more: object) -> None:
    raise AssertionError


@pytest.mark.parametrize("probe", [_skips, _fails, _more, lambda look: look.subject])
def test_a_probe_that_asks_in_a_way_of_its_own_is_collected_all_the_same(probe: Callable[..., Any]) -> None:
    assert waiving.asked(probe) is None


@pytest.mark.parametrize("key", ["R1:16384", "R1:x#2026-06-15T12:00:00", "R1:a#16384", "R1:#", "R1:?"])
def test_a_key_that_holds_an_oid_or_a_time_or_nothing_is_told_from_one_that_stays(key: str) -> None:
    assert not faults.nameable(key)
    assert faults.nameable("R1:a*b(text[])#16-x")


# --- waivers.yaml ----------------------------------------------------------------------------------------------

ENTRY = (
    'id: w, finding: "R1:a", reason: r, owner: o, approver: a, from: 2026-01-01, until: 2026-12-31, ceiling: 1'
)


def read(folder: Path, *entries: str, head: str = "") -> files.Waivers:
    lines = [*([head] if head else []), "waivers:", *(f"- {{{entry}}}" for entry in entries)]
    (folder / files.NAME).write_text("\n".join(lines) + ("" if entries else " []") + "\n", encoding="utf-8")
    return files.load(folder)


def test_a_folder_without_the_file_has_no_waivers_and_nothing_for_the_digest(tmp_path: Path) -> None:
    assert files.load(tmp_path) == files.Waivers()
    assert files.load(tmp_path).value is None


def test_a_file_says_all_of_a_waiver_and_when_to_warn(tmp_path: Path) -> None:
    found = read(tmp_path, ENTRY, head="warn_days: 3")
    assert found.entries == (Waiver("w", "R1:a", "r", "o", "a", "2026-01-01", "2026-12-31", 1),)
    assert found.warn_days == 3


@pytest.mark.parametrize(
    "part", ["reason: r", "owner: o", "approver: a", "from: 2026-01-01", "until: 2026-12-31", "ceiling: 1"]
)
@pytest.mark.parametrize("value", ["gone", "", '""', "'  '", "null"])
def test_a_part_that_is_missing_or_empty_is_no_error_but_missing(part: str, value: str, tmp_path: Path) -> None:
    name = part.partition(":")[0]
    if name == "ceiling" and value == "'  '":
        value = "null"
    entry = ENTRY.replace(f", {part}", "" if value == "gone" else f", {name}: {value}")
    (waiver,) = read(tmp_path, entry).entries
    assert waiver.missing == (name,)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "reason: r",
            "reasons: r",
            "unknown key 'reasons' in waivers.1; allowed: approver, ceiling, finding, from, id",
        ),
        ('finding: "R1:a"', 'finding: "R1:*"', "it names everything"),
        ('finding: "R1:a"', 'finding: "*"', "it does not begin with the id of a rule"),
        ("until: 2026-12-31", "until: soon", "'soon' is no day and no time in UTC"),
        ("until: 2026-12-31", "until: 2026-02-30", "is no day and no time in UTC"),
        ("until: 2026-12-31", 'until: "2026-12-31T12:00:00"', "is no day and no time in UTC"),
        ("until: 2026-12-31", 'until: "2026-12-31T12:00:00+02:00"', "is no day and no time in UTC"),
        ("until: 2026-12-31", "until: 9999-12-31", "is no day and no time in UTC"),
        ("from: 2026-01-01", "from: 2027-01-01", "until is before from"),
        ("ceiling: 1", "ceiling: 0", "a number from 1 on"),
        ("ceiling: 1", "ceiling: many", "a number from 1 on"),
        ("owner: o", "owner: [o, p]", "is text"),
        ("id: w", "id: v", "there are two waivers 'v'"),
        ("id: w, ", "", "id"),
    ],
)
def test_a_malformed_file_is_an_error_that_names_file_line_and_what_is_allowed(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, ENTRY.replace("id: w", "id: v"), ENTRY.replace(old, new))
    assert str(caught.value).startswith(f"{tmp_path / files.NAME}:3: "), str(caught.value)
    assert said in str(caught.value)
    assert caught.value.exit_code == 2
