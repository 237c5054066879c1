"""Declared = collected = run = reported, by system; whatever is missing on the way is named, and is never green."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from compliance.core import canonical, population, verdicts
from compliance.core.finding import Finding
from compliance.core.population import Key, Stages
from compliance.core.verdict import Case, Rule, Verdict, gate
from compliance.scoping import Scope

if TYPE_CHECKING:
    from compliance.core.verdict import Outcome

A, B = Key("s", "R1", "a"), Key("s", "R1", "b")
NAMES = {"s": {"s.things": ("a", "b")}}
WHOLE = Stages(
    NAMES, *(frozenset({A, B}) for _ in range(2)), frozenset(), *(frozenset({A, B}) for _ in range(2))
)
ONE = frozenset({A})


def case(subject: str, outcome: Outcome = "kept", reason: str = "", system: str = "s") -> Case:
    rule = Rule("R1", system, "title", "family", "high", "conformance", "why", "remedy")
    return Case(rule, subject, outcome, (Finding(subject, "wrong"),) if outcome == "broken" else (), reason)


def verdict(stages: Stages, *cases: Case, deselected: int = 0, **blind: str) -> Verdict:
    return gate(
        cases, observation="o", policy="p", judged_at="2026-01-31T00:00:00+00:00", deselected=deselected,
        blind=blind, population=stages.by_system(),
    )  # fmt: skip


def test_where_every_declared_case_is_reported_the_verdict_is_green() -> None:
    made = verdict(WHOLE, case("a"), case("b"))
    assert (made.conclusion, population.problems(made)) == ("kept", [])
    assert population.told(made)["s"] | {"names": 0} == {
        "names": 0, "declared": 2, "collected": 2, "deselected": 0, "run": 2, "reported": 2, "lost": [],
        "looked_at": 2, "excluded": {}, "unavailable": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        (replace(WHOLE, collected=ONE, run=ONE, reported=ONE), "R1[b]: declared, and not collected"),
        (replace(WHOLE, run=ONE, reported=ONE), "R1[b]: collected, and not run"),
        (replace(WHOLE, reported=ONE), "R1[b]: run, and not reported"),
        (replace(WHOLE, declared=ONE), "R1[b]: reported, and not declared"),
        (replace(WHOLE, lost={"s": ("R2: its file made no case",)}), "R2: its file made no case"),
    ],
)
def test_a_case_that_is_lost_is_named_and_never_green(stages: Stages, said: str) -> None:
    made = verdict(stages, case("a"))
    assert (made.conclusion, made.exit_code) == ("could-not-look", 3)
    assert made.population["s"].lost == (said,)
    assert f"  lost: {said}" in population.problems(made)
    assert made.obstacles("s", (), ()) == (said,)
    assert "NOT ALL" in population.brief(made)["population"]
    assert f"  LOST: {said}" in population.text(made)


def test_what_is_lost_outweighs_what_is_broken_and_nothing_probed_outweighs_it() -> None:
    stages = replace(WHOLE, reported=ONE)
    assert verdict(stages, case("a", "broken")).conclusion == "could-not-look"
    assert verdict(stages, case("a", "not_applicable")).conclusion == "nothing-probed"


def test_what_is_deselected_is_excluded_and_not_lost_and_not_green_either() -> None:
    made = verdict(replace(WHOLE, deselected=frozenset({B}), run=ONE, reported=ONE), case("a"), deselected=1)
    assert made.conclusion == "could-not-look"
    assert made.population["s"].lost == ()
    assert population.told(made)["s"]["excluded"] == {"deselected": 1}


def test_excluded_and_unavailable_are_told_apart_each_with_its_reason() -> None:
    found = [
        case("a", "not_applicable", "things: declared unavailable until May (team)"),
        case("b", "not_applicable", "declared as not reversible"),
        case("c", "could_not_look", "timed out"),
        case("d", "waived", "waived until"),
        case("e", "broken"),
    ]
    made = verdict(WHOLE, *found, things="declared unavailable until May (team)")
    said = population.told(made)["s"]
    assert said["looked_at"] == 2
    assert said["excluded"] == {"declared as not reversible": 1}
    assert said["unavailable"] == {"things: declared unavailable until May (team)": 1, "timed out": 1}


def test_the_document_of_a_verdict_holds_it_and_an_older_one_without_it_is_read() -> None:
    made = verdict(replace(WHOLE, reported=ONE), case("a"))
    told = json.loads(canonical.dumps(verdicts.document(made)))
    assert told["population"]["s"]["names"] == {"s.things": ["a", "b"]}
    assert verdicts.parse(told) == made
    del told["population"]
    assert verdicts.parse(told).population == {}


def test_a_file_of_probes_that_made_no_case_is_lost_as_a_whole() -> None:
    scope = Scope()
    rule = case("a").rule
    scope.declare("f.py::t", "/p/s/test_r1_x.py", rule, "s", [])
    scope.expect([Path("/p/s/test_r1_x.py"), Path("/p/s/test_r2_y.py")])
    assert scope.populations({})["s"].lost == ("R2: test_r2_y.py made no case",)
