"""Controls: which rules give evidence of what an auditor asks for, and where that mapping has a hole."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compliance.core.finding import Finding, Judgement, NotApplicable
from compliance.core.verdict import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

# Of several outcomes the one that is told: what is wrong first, what was looked at before what was not asked.
_WORST = ("broken", "could_not_look", "waived", "kept", "not_applicable")
OWN = "PL008"
NOT_AUDITED = "not audited"


@dataclass(frozen=True, slots=True)
class Control:
    """`nist`: controls of SP 800-53 rev. 5 that its rules give evidence of, and of no more than their part."""

    id: str
    title: str
    rules: tuple[str, ...]
    nist: tuple[str, ...] = ()


def judgements(
    controls: Sequence[Control], known: Mapping[str, str], in_force: Iterable[str]
) -> Iterator[Judgement]:
    """What PL008 says. `known`: the system of each rule that there is; `in_force`: the systems that are judged.

    A control of which all rules belong to systems that are not in force says nothing here, and that it is told.
    """
    systems = set(in_force)
    if not controls:
        yield NotApplicable("controls.yaml", "policy declares no controls")
    for control in controls:
        unknown = [rule for rule in control.rules if rule not in known]
        yield from (Finding(control.id, f"{control.title}: there is no rule {rule}", rule) for rule in unknown)
        if not unknown and not control.rules:
            yield Finding(control.id, f"{control.title}: no rule gives evidence of it", "empty")
        elif not any(known.get(rule) in systems for rule in control.rules):
            yield from _out_of_force(control, known, unknown)
    mapped = {rule for control in controls for rule in control.rules}
    for rule, system in sorted(known.items()):
        if controls and system in systems and rule not in mapped:
            yield Finding(rule, f"rule {rule} is in force, and of no control", "unmapped")


def _out_of_force(control: Control, known: Mapping[str, str], unknown: Sequence[str]) -> Iterator[Judgement]:
    if len(unknown) == len(control.rules):
        yield Finding(control.id, f"{control.title}: none of its rules is in force", "empty")
    elif not unknown:
        needed = ", ".join(sorted({known[rule] for rule in control.rules}))
        yield NotApplicable(control.id, f"its rules judge {needed}, which is not in force")


def of(controls: Iterable[Control], rule: str) -> tuple[str, ...]:
    """The controls that a rule gives evidence of."""
    return tuple(control.id for control in controls if rule in control.rules)


def matrix(
    controls: Iterable[Control], cases: Iterable[Mapping[str, Any]], in_force: Iterable[str]
) -> list[dict[str, Any]]:
    """A row a control: its rules with what became of their cases (`core.verdicts`), and the worst of it.

    `in_force`: rules that are judged; of any other one nothing can be said.
    """
    counted: dict[str, Counter[str]] = {}
    for case in cases:
        counted.setdefault(case["rule"], Counter())[case["outcome"]] += 1
    judged = set(in_force)
    return [_row(control, counted, judged) for control in controls]


def _row(control: Control, counted: Mapping[str, Counter[str]], in_force: set[str]) -> dict[str, Any]:
    rules = []
    for name in control.rules:
        counts = counted.get(name, Counter())
        outcome = _worst(counts) if name in in_force else "not in force"
        rules.append({"rule": name, "outcome": outcome, "cases": {o: counts[o] for o in OUTCOMES if counts[o]}})
    total = sum((counted.get(name, Counter()) for name in control.rules if name in in_force), Counter[str]())
    unaudited = any(each["outcome"] == NOT_AUDITED for each in rules)
    outcome = _worst(total)
    # A rule without a case leaves open what the others say is kept.
    outcome = NOT_AUDITED if unaudited and outcome not in ("broken", "could_not_look") else outcome
    return {
        "id": control.id, "title": control.title, "nist": list(control.nist), "outcome": outcome, "rules": rules
    }  # fmt: skip


def _worst(counts: Mapping[str, int]) -> str:
    return next((outcome for outcome in _WORST if counts[outcome]), NOT_AUDITED)
