"""Nights with seeded changes give exactly the expected sequence; another result from the same evidence is a defect."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from compliance.core import canonical, history, verdicts
from compliance.core.finding import Finding
from compliance.core.history import Entry, History
from compliance.core.verdict import Case, Rule, Waived, gate

SUBJECTS = ("a", "b", "c", "d", "e")
KINDS = ("kept", "broken", "waived", "could_not_look")
AT = "2026-01-{:02}T02:00:00+00:00"


def said(rule: str) -> Rule:
    return Rule(rule, "s", "title", "family", "high", "conformance", "why", "remedy")


def case(subject: str, kind: Any, message: str = "is wrong", rule: str = "R1") -> Case:
    found = Finding(subject, message, "x")
    return Case(
        said(rule), subject, kind, (found,) if kind == "broken" else (),
        "timed out" if kind == "could_not_look" else "", (Waived(found, "w1"),) if kind == "waived" else (),
    )  # fmt: skip


def night(
    number: int, *cases: Case, evidence: str = "", program: str = "1", judged: int = 0, **blind: str
) -> Entry:
    verdict = gate(
        cases,
        observation=evidence or f"o{number}",
        policy="p",
        judged_at=AT.format(judged or number),
        blind=blind,
    )
    document = json.loads(canonical.dumps(verdicts.document(verdict)))
    return history.entry(document, estate="shop", observed_at=AT.format(number), program=program, number=number)


def expected(nights: list[dict[str, str]]) -> list[dict[str, list[str]]]:
    """By another way than the code: each key by itself, over all nights."""
    found: list[dict[str, list[str]]] = [
        {name: [] for name in ("new", "unchanged", "reopened", "resolved", "unknown")} for _ in nights
    ]
    for subject in SUBJECTS:
        key, looked = f"R1:{subject}#x", ""
        for number, of in enumerate(nights):
            kind = of[subject]
            there = kind in ("broken", "waived")
            if there:
                found[number][{"": "new", "there": "unchanged", "gone": "reopened"}[looked]].append(key)
            elif looked == "there":
                found[number]["unknown" if kind == "could_not_look" else "resolved"].append(key)
            if kind != "could_not_look":
                looked = "there" if there else ("gone" if looked else "")
    return found


def sequence(seed: int, nights: int) -> None:
    chance = random.Random(seed)
    drawn = [{subject: chance.choice(KINDS) for subject in SUBJECTS} for _ in range(nights)]
    entries = [night(n, *(case(s, kind) for s, kind in of.items())) for n, of in enumerate(drawn, 1)]
    told = [
        {name: list(getattr(change, name)) for name in ("new", "unchanged", "reopened", "resolved", "unknown")}
        for change in History({}, tuple(entries)).changes()
    ]
    assert told == expected(drawn), seed
    limited = History({}, ())
    for entry, change in zip(entries, told, strict=True):
        limited = limited.added(entry, 3)
        (*_, last) = limited.changes()
        assert {name: list(getattr(last, name)) for name in change} == change
        assert len(limited.entries) <= 3
        first = {key: known.at for key, known in last.first.items()}
        assert all(f"R1:{subject}#x" in first for subject in SUBJECTS if f"R1:{subject}#x" in entry.found)


def test_five_nights_give_the_expected_sequence_also_where_the_oldest_are_no_longer_kept() -> None:
    for seed in range(5):
        sequence(seed, 5)


@pytest.mark.prove
def test_thirty_nights_give_the_expected_sequence() -> None:
    for seed in range(30):
        sequence(seed, 30)


def changes(*entries: Entry) -> list[history.Change]:
    return list(History({}, entries).changes())


def test_first_seen_stays_the_first_night_through_a_waiver_and_a_reopening() -> None:
    runs = [night(n, case("a", kind)) for n, kind in enumerate(("broken", "waived", "kept", "broken"), 1)]
    found = changes(*runs)
    assert [change.first["R1:a#x"].at for change in found if change.first] == [AT.format(1)] * 3
    assert [run.waived for run in runs] == [(), ("R1:a#x",), (), ()]
    assert found[3].reopened == ("R1:a#x",)


def test_what_a_run_did_not_ask_for_or_left_out_is_not_resolved() -> None:
    before = night(1, case("a", "broken"))
    for after in (
        night(2, case("z", "kept", rule="R2")),
        night(2, case("(all others)", "could_not_look")),
        night(2, Case(said("R1"), "a", "not_applicable", reason="x: declared away"), x="declared away"),
    ):
        assert changes(before, after)[1].unknown == ("R1:a#x",)
    assert changes(before, night(2, case("z", "kept")))[1].resolved == ("R1:a#x",)
    seen = night(2, case("a", "kept"), case("(all others)", "could_not_look"))
    assert changes(before, seen)[1].resolved == ("R1:a#x",)


def test_another_result_from_the_same_evidence_is_a_defect_and_says_which_run() -> None:
    one, other = night(1, case("a", "broken"), evidence="o"), night(2, case("a", "kept"), evidence="o")
    assert changes(one, other)[1].defect == (
        f"run {one.run} came to something else from the same evidence", f"R1:a#x: only in run {one.run}"
    )  # fmt: skip
    again = night(2, case("a", "broken", "is wrong in another way"), evidence="o")
    assert changes(one, again)[1].defect == (f"run {one.run} came to something else from the same evidence",)


def test_what_may_differ_is_no_defect() -> None:
    one = night(1, case("a", "broken"), evidence="o")
    same = night(2, case("a", "broken"), evidence="o")
    later_waived = night(3, case("a", "waived"), evidence="o")
    too_old = night(4, case("a", "could_not_look"), evidence="o", x="older than its limit")
    upgraded = night(5, case("a", "kept"), evidence="o", program="2")
    assert [change.defect for change in changes(one, same, later_waived, too_old, upgraded)] == [()] * 5


def test_as_of_the_same_time_even_a_waiver_that_counts_once_alone_is_a_defect() -> None:
    one = night(1, case("a", "broken"), evidence="o", judged=9)
    other = night(2, case("a", "waived"), evidence="o", judged=9)
    assert changes(one, other)[1].defect != ()


def test_an_entry_is_read_as_it_was_written_and_another_format_is_not() -> None:
    entry = night(1, case("a", "broken"), case("b", "could_not_look"))
    told = json.loads(canonical.dumps(history.told(entry)))
    assert history.parse(told) == entry
    with pytest.raises(ValueError, match="another format"):
        history.parse(told | {"format": 1})


def test_two_equal_runs_have_ids_of_their_own() -> None:
    assert night(1, case("a", "kept"), judged=9).run != night(2, case("a", "kept"), judged=9).run
