"""Every way in which a compilation can be refused by the verdict, and the order of its conclusions."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from compliance.core import canonical, moments, verdicts
from compliance.core.errors import ConfigurationError
from compliance.core.finding import Finding
from compliance.core.verdict import OUTCOMES, Case, Rule, Verdict, Waived, gate

if TYPE_CHECKING:
    from compliance.core.finding import Phase
    from compliance.core.verdict import Outcome


def case(outcome: Outcome, rule: str = "R1", system: str = "s", phase: Phase = "readiness") -> Case:
    said = Rule(rule, system, "title", "family", "high", phase, "why", "remedy")
    findings = (Finding("x", "is wrong", "facet"),) if outcome == "broken" else ()
    return Case(said, "x", outcome, findings, "a reason")


def verdict(*cases: Case, deselected: int = 0, **blind: str) -> Verdict:
    return gate(
        cases,
        observation="o",
        policy="p",
        judged_at="2026-01-31T00:00:00+00:00",
        deselected=deselected,
        blind=blind,
    )


@pytest.mark.parametrize(
    ("where", "name", "said", "fits"),
    [
        ("rule", "severity", ["urgent", "", None, ["high"]], ["critical", "low"]),
        ("rule", "phase", ["later", 1], ["readiness", "conformance"]),
        ("rule", "title", [None, 1], ["", "another"]),
        ("case", "outcome", ["passed", "KEPT", None], ["broken"]),
        ("case", "subject", [1, None], ["y"]),
        ("case", "reason", [{}, None], [""]),
        ("finding", "message", [1, None], [""]),
        ("finding", "facet", [1, []], [None, "other"]),
        ("verdict", "judged_at", [1, None], ["2026-01-01T00:00:00+00:00"]),
        ("verdict", "conclusion", [1, None], ["kept"]),
    ],
)
def test_a_document_that_says_what_no_verdict_says_is_none(
    where: str, name: str, said: list[Any], fits: list[Any]
) -> None:
    value = json.loads(canonical.dumps(verdicts.document(verdict(case("broken")))))
    place = {
        "rule": value["rules"]["R1"],
        "case": value["cases"][0],
        "finding": value["cases"][0]["findings"][0],
        "verdict": value,
    }
    for each in said:
        place[where][name] = each
        with pytest.raises(ValueError, match=name):
            verdicts.parse(value)
    for each in fits:
        place[where][name] = each
        assert verdicts.parse(value).cases


def test_a_rule_that_is_a_list_is_none() -> None:
    value = json.loads(canonical.dumps(verdicts.document(verdict(case("broken")))))
    value["rules"]["R1"] = [1]
    with pytest.raises(TypeError):
        verdicts.parse(value)


def obstacles(made: Verdict) -> tuple[str, ...]:
    return made.obstacles("s", guards={"R1"}, reads={"section"})


def test_nothing_stands_in_the_way_where_every_guard_is_kept_or_not_applicable() -> None:
    assert obstacles(verdict(case("kept"))) == ()
    assert obstacles(verdict(case("not_applicable"))) == ()


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("broken", "R1:x#facet: is wrong"),
        ("could_not_look", "R1 x: could not look: a reason"),
        ("waived", "R1 x: waived: a reason"),
    ],
)
def test_a_guard_that_is_broken_blind_or_waived_refuses(outcome: Outcome, expected: str) -> None:
    assert obstacles(verdict(case(outcome))) == (expected,)
    assert obstacles(verdict(case(outcome, system="platform"), case("kept"))) == (expected,)


def test_a_guard_that_did_not_run_a_deselected_case_and_a_blind_section_refuse() -> None:
    assert obstacles(verdict()) == ("R1: no case of this readiness rule ran",)
    assert obstacles(verdict(case("kept", phase="conformance"))) == ("R1: no case of this readiness rule ran",)
    assert obstacles(verdict(case("kept"), deselected=1)) == ("1 cases were deselected",)
    assert obstacles(verdict(case("kept"), section="timed out")) == ("section: timed out",)


def test_conformance_another_system_and_a_section_that_drift_does_not_read_do_not_refuse() -> None:
    made = verdict(
        case("kept"),
        case("broken", "R2", phase="conformance"),
        case("broken", "R3", system="other"),
        other="timed out",
    )
    assert obstacles(made) == ()


@pytest.mark.parametrize(
    ("outcomes", "conclusion", "code"),
    [
        (("kept", "not_applicable", "waived"), "kept", 0),
        (("kept", "broken"), "broken", 1),
        (("kept", "broken", "could_not_look"), "could-not-look", 3),
        (("not_applicable",), "nothing-probed", 5),
        ((), "nothing-probed", 5),
    ],
)
def test_nothing_probed_outweighs_could_not_look_which_outweighs_broken(
    outcomes: tuple[Outcome, ...], conclusion: str, code: int
) -> None:
    made = verdict(*(case(outcome, f"R{i}") for i, outcome in enumerate(outcomes)))
    assert (made.conclusion, made.exit_code) == (conclusion, code)


def test_the_five_counts_partition_the_cases_and_their_order_does_not_matter() -> None:
    cases = [case(outcome, f"R{i}") for i, outcome in enumerate(OUTCOMES)]
    made = verdict(*cases)
    assert made.counts == dict.fromkeys(OUTCOMES, 1)
    assert made == verdict(*reversed(cases))


def test_a_verdict_does_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        verdict().cases = ()  # type: ignore[misc]


def test_a_document_says_all_of_a_verdict() -> None:
    waived = dataclasses.replace(case("waived", "R3"), waived=(Waived(Finding("x", "is wrong", None), "w1"),))
    made = verdict(case("broken"), case("kept", "R2"), waived, deselected=2, section="timed out")
    told = json.loads(canonical.dumps(verdicts.document(made)))
    assert verdicts.parse(told) == made
    assert verdicts.document(verdicts.parse(told)) == told
    assert told["cases"][0]["findings"][0]["key"] == "R1:x#facet"
    assert told["cases"][2]["waived"][0]["waiver"] == "w1"


@pytest.mark.parametrize("text", ["yesterday", "2026-01-31", "2026-01-31T12:00:00", "12:00"])
def test_a_time_without_a_zone_is_none(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no time"):
        moments.a_time(text)


def test_a_time_has_one_spelling() -> None:
    assert moments.a_time("2026-01-31T12:00:00.5+02:00") == "2026-01-31T10:00:00+00:00"
    assert moments.a_time("2026-01-31T10:00:00Z") == "2026-01-31T10:00:00+00:00"
