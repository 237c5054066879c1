"""The gate: the one module that makes a `Verdict`, out of what became of every case."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from compliance.core.finding import Finding, Phase, Severity
    from compliance.core.population import Population

Outcome: TypeAlias = Literal["kept", "broken", "could_not_look", "not_applicable", "waived"]
OUTCOMES: tuple[Outcome, ...] = ("kept", "broken", "could_not_look", "not_applicable", "waived")
Conclusion: TypeAlias = Literal["kept", "broken", "could-not-look", "nothing-probed"]
_EXIT: dict[Conclusion, int] = {"kept": 0, "broken": 1, "could-not-look": 3, "nothing-probed": 5}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a probe says of itself: marker and docstring."""

    id: str
    system: str
    title: str
    family: str
    severity: Severity
    phase: Phase
    why: str
    remedy: str


class Waived(NamedTuple):
    """A finding that does not count for now, and the name of the waiver that says so."""

    finding: Finding
    waiver: str


@dataclass(frozen=True, slots=True)
class Case:
    """One rule about one subject, and what became of it. `reason`: where it is neither kept nor broken; `waived`: what
    does not count."""

    rule: Rule
    subject: str
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    waived: tuple[Waived, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every case of one run over one observation and one policy; made by `gate` alone. `judged_at`: UTC, ISO 8601; what
    expires or grows old is judged by it, and a replay judges by the same. `population`: by system what was to be judged
    and what became of it."""

    observation: str
    policy: str
    judged_at: str
    cases: tuple[Case, ...]
    deselected: int
    blind: Mapping[str, str] = field(repr=False)
    population: Mapping[str, Population] = field(repr=False, default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """The five counts; they add up to the number of cases."""
        return _counts(self.cases)

    @property
    def conclusion(self) -> Conclusion:
        """Nothing probed outweighs could not look, which outweighs broken (ARCHITECTURE, exit codes).

        What was left out of the run or lost on its way was not looked at: without it no run is green.
        """
        counts = self.counts
        if len(self.cases) == counts["not_applicable"]:
            return "nothing-probed"
        if counts["could_not_look"] or not self.complete:
            return "could-not-look"
        return "broken" if counts["broken"] else "kept"

    @property
    def complete(self) -> bool:
        """Was every case that was declared collected, run and reported?"""
        return not self.deselected and all(each.complete for each in self.population.values())

    @property
    def exit_code(self) -> int:
        return _EXIT[self.conclusion]

    def by_system(self) -> dict[str, dict[str, int]]:
        """The five counts of each system, by name."""
        names = sorted({case.rule.system for case in self.cases})
        return {name: _counts(c for c in self.cases if c.rule.system == name) for name in names}

    def obstacles(
        self, system: str, guards: Iterable[str], reads: Iterable[str], *, but: AbstractSet[str] = frozenset()
    ) -> tuple[str, ...]:
        """What stands in the way of compiling `system`; empty means allowed.

        `guards`: the readiness rules that must have been judged; `reads`: the sections its drift is derived from.
        `but`: rules that may be broken, but must have been judged.
        """
        cases = [c for c in self.cases if c.rule.system in (system, "platform") and c.rule.phase == "readiness"]
        judged = {case.rule.id for case in cases}
        return (
            *(f"{rule}: no case of this readiness rule ran" for rule in sorted(set(guards) - judged)),
            *((f"{self.deselected} cases were deselected",) if self.deselected else ()),
            *(line for name in (system, "platform") for line in self._lost(name)),
            *(line for case in cases if not _repairable(case, but) for line in _obstacle(case)),
            *(f"{name}: {self.blind[name]}" for name in sorted(set(reads) & self.blind.keys())),
        )

    def _lost(self, system: str) -> tuple[str, ...]:
        found = self.population.get(system)
        return found.lost if found else ()


def gate(
    cases: Iterable[Case],
    *,
    observation: str,
    policy: str,
    judged_at: str,
    deselected: int = 0,
    blind: Mapping[str, str] | None = None,
    population: Mapping[str, Population] | None = None,
) -> Verdict:
    """The only maker of a verdict: cases in an order that depends on names alone."""
    ordered = sorted(cases, key=lambda case: (case.rule.system, case.rule.id, case.subject))
    return Verdict(
        observation, policy, judged_at, tuple(ordered), deselected, dict(blind or {}), dict(population or {})
    )


def _counts(cases: Iterable[Case]) -> dict[str, int]:
    found = Counter(case.outcome for case in cases)
    return {outcome: found[outcome] for outcome in OUTCOMES}


def _repairable(case: Case, but: AbstractSet[str]) -> bool:
    return case.rule.id in but and case.outcome == "broken"


def _obstacle(case: Case) -> Iterable[str]:
    where = f"{case.rule.id} {case.subject}"
    if case.outcome == "broken":
        return [f"{finding.key(case.rule.id)}: {finding.message}" for finding in case.findings]
    if case.outcome in ("could_not_look", "waived"):
        return [f"{where}: {case.outcome.replace('_', ' ')}: {case.reason}"]
    return []
