"""A verdict as a document, which says all of it: what is sealed, replayed, compared and exported is this."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, get_args

from compliance.core import population
from compliance.core.finding import Finding, Phase, Severity
from compliance.core.verdict import OUTCOMES, Case, Rule, Verdict, Waived, gate

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
_WORDS = {"severity": get_args(Severity), "phase": get_args(Phase), "outcome": OUTCOMES}


def document(verdict: Verdict) -> dict[str, Any]:
    """Rules once, each case by the id of its rule, in the verdict's own order."""
    rules = {case.rule.id: asdict(case.rule) for case in verdict.cases}
    return {
        "format": FORMAT,
        "conclusion": verdict.conclusion,
        "counts": verdict.counts,
        "observation": verdict.observation,
        "policy": verdict.policy,
        "judged_at": verdict.judged_at,
        "deselected": verdict.deselected,
        "blind": dict(verdict.blind),
        "population": population.told(verdict),
        "rules": rules,
        "cases": [_case(case) for case in verdict.cases],
    }


def _case(case: Case) -> dict[str, Any]:
    return {
        "rule": case.rule.id,
        "subject": case.subject,
        "outcome": case.outcome,
        "reason": case.reason,
        "findings": [_finding(case.rule.id, finding) for finding in case.findings],
        "waived": [_finding(case.rule.id, each.finding) | {"waiver": each.waiver} for each in case.waived],
    }


def _finding(rule: str, finding: Finding) -> dict[str, Any]:
    return {"key": finding.key(rule), **asdict(finding)}


def parse(value: Mapping[str, Any]) -> Verdict:
    """The verdict that a document of this format tells of; counts and conclusion follow from its cases."""
    _texts(value, "conclusion", "observation", "policy", "judged_at")
    rules = {name: Rule(**_texts(said, *said)) for name, said in value["rules"].items()}
    said = (_texts(case, "subject", "outcome", "reason") for case in value["cases"])
    cases = (
        Case(
            rules[case["rule"]], case["subject"], case["outcome"], tuple(map(_found, case["findings"])), case["reason"],
            tuple(Waived(_found(each), _texts(each, "waiver")["waiver"]) for each in case["waived"]),
        )
        for case in said
    )  # fmt: skip
    return gate(
        cases, observation=value["observation"], policy=value["policy"], judged_at=value["judged_at"],
        deselected=value["deselected"], blind=value["blind"],
        population=population.parse(value.get("population", {})),
    )  # fmt: skip


def _texts(said: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """The same; raises where one is no text, or a word that no verdict says: what shows it would fail."""
    if not isinstance(said, dict):
        raise TypeError("no mapping")
    for name in names:
        if not isinstance(said[name], str) or said[name] not in _WORDS.get(name, (said[name],)):
            raise ValueError(name)
    return said


def _found(value: Mapping[str, Any]) -> Finding:
    _texts(value, "subject", "message", *(["facet"] if value["facet"] is not None else []))
    return Finding(value["subject"], value["message"], value["facet"])
