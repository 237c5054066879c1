"""The waivers of one run: which findings do not count, and what each waiver meets of what all the rules found."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from compliance.core import waivers
from compliance.core.expiring import Warned, warnings
from compliance.core.finding import NotApplicable, Unseen
from compliance.core.observation import SourceUnavailable
from compliance.core.waivers import Met, Waiver
from compliance.estate.resources import resource
from compliance.systems import system

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from compliance.core import verdict
    from compliance.core.errors import CouldNotLook
    from compliance.core.finding import Judgement
    from compliance.systems import Policies
    from compliance.systems.protocol import Facts, Judged, Rule

POPULATION = "platform.waivers"
_WRONG = {waivers.OWN: "itself", waivers.GATES: "gates"}  # why a rule cannot be waived; others are of readiness


class Probed(NamedTuple):
    """What a probe says of itself, and the function that judges; None where it asks in a way of its own."""

    said: verdict.Rule
    judge: Rule | None


class _Asked:
    """Stands where a look would, to be told the rule."""

    rule: Rule | None = None

    def expect_none(self, rule: Callable[[Facts], Iterable[Judgement]]) -> None:
        self.rule = rule


def asked(function: Callable[..., Any]) -> Rule | None:
    """The rule that a probe hands to its look."""
    look = _Asked()
    try:
        function(look=look)
    except (
        Exception,
        pytest.skip.Exception,
        pytest.fail.Exception,
    ):  # a probe with arguments of its own, or that does something of its own with its look
        return None
    return look.rule


@cache
def shipped() -> dict[str, str]:
    """The system of each rule that comes with the program, by the rule's id: a rule a file, which is named by it."""
    files = sorted(resource("probes").glob("*/test_*_*.py"))
    return {file.name.split("_")[1].upper(): file.parent.name for file in files}


def refused(rule: str) -> str:
    """Why a waiver of this rule would waive nothing, as far as that shows without a run; or nothing."""
    if rule == waivers.OWN:
        return f"{rule} judges waivers, and cannot be waived"
    if rule == waivers.GATES:
        return f"{rule} judges the gates, and cannot be waived: `compliance profiles accept`"
    home = shipped().get(rule)
    return (
        f"{rule} is a rule of readiness, which cannot be waived" if home and rule in system(home).guards else ""
    )


@dataclass
class Waiving:
    """Of one run, as of `at`. `judge`: what a rule said of everything; `unlooked`: why it says nothing of any subject.

    `rules`: those that were collected, before any of their cases was deselected, so that the answer does not depend on
    which of them are run.
    """

    policies: Policies
    at: str
    judge: Callable[[Rule, str], Judged]
    unlooked: Callable[[Judged], CouldNotLook | None]
    rules: dict[str, Probed] = field(default_factory=dict)
    _waived: dict[str, Mapping[str, Waiver]] = field(default_factory=dict)

    def know(self, said: verdict.Rule, judge: Rule | None) -> None:
        self.rules.setdefault(said.id, Probed(said, judge))

    def waived(self, said: verdict.Rule | None, judged: Judged) -> Mapping[str, Waiver]:
        """Of all that a rule found, by key, what does not count; of readiness nothing is waived.

        Remembered, as every case of the rule asks, and the ceiling is one of all of them.
        """
        entries = self.policies.waivers.entries
        if not entries or said is None or said.phase != "conformance":
            return {}
        if said.id not in self._waived:
            self._waived[said.id] = waivers.waived(entries, said.id, judged.findings, self.at)
        return self._waived[said.id]

    def met(self) -> tuple[Met, ...]:
        """What is known of each waiver in this run."""
        return tuple(self._met(waiver) for waiver in self.policies.waivers.entries)

    def judgements(self) -> Iterator[Judgement]:
        """What there is to say of them."""
        for met in self.met():
            yield from waivers.judgements(met, self.at)

    def warnings(self) -> tuple[Warned, ...]:
        """What ends soon, and what ends together."""
        found = self.policies.waivers
        return warnings(found.entries, found.warn_days, self.at)

    def _met(self, waiver: Waiver) -> Met:
        name = waiver.rule
        known = self.rules.get(name)
        home = known.said.system if known else shipped().get(name)
        if home is None:
            return Met(waiver, wrong=("unknown-rule", f"there is no rule {name}"))
        if why := refused(name):
            return Met(waiver, wrong=(_WRONG.get(name, "readiness"), why))
        if known and known.said.phase == "readiness":
            return Met(waiver, wrong=("readiness", f"{name} is a rule of readiness, which cannot be waived"))
        if home not in self.policies:
            return Met(waiver, unasked=f"{home} is not in force, so {name} was not asked")
        if known is None or known.judge is None:
            return Met(waiver, unasked=f"{name} is not part of this run")
        return _of(waiver, name, self.judge(known.judge, home), self.unlooked)


def _of(waiver: Waiver, rule: str, judged: Judged, unlooked: Callable[[Judged], CouldNotLook | None]) -> Met:
    """What it meets; where that is nothing, whether anything could be hidden."""
    found = tuple(finding for finding in judged.findings if waiver.meets(finding.key(rule)))
    if found:
        return Met(waiver, found)
    failure = judged.failure or unlooked(judged)
    if failure is not None:
        said = f"{rule}: {failure.message}"
        return Met(waiver, unasked=said) if isinstance(failure, SourceUnavailable) else Met(waiver, unseen=said)
    # A subject that was not looked at, or that the rule says nothing of, may have any facet.
    subject = Waiver(waiver.id, waiver.finding.partition("#")[0])
    said_of = [j for name, js in judged.by_subject.items() if subject.meets(f"{rule}:{name}") for j in js]
    unseen = next((f"{rule} {j.subject}: {j.reason}" for j in said_of if isinstance(j, Unseen)), "")
    unasked = next((f"{rule} {j.subject}: {j.reason}" for j in said_of if isinstance(j, NotApplicable)), "")
    return Met(waiver, unseen=unseen, unasked="" if unseen else unasked)
