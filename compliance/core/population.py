"""What was to be judged and what became of it, by system: declared = collected = run = reported, or it was not all.

A case that was declared and is missing from what is reported was not looked at. Nobody may read its absence as kept,
so a verdict that lacks one is never green (`Verdict.conclusion`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from compliance.core.verdict import Case, Verdict

_MOST = 20


class Key(NamedTuple):
    """One rule about one subject, wherever it is met on its way from policy to the report."""

    system: str
    rule: str
    subject: str


@dataclass(frozen=True, slots=True)
class Population:
    """Of one system. `names`: what policy declares, by population; `declared`: the cases that the rules asked make of
    them; `collected`: those that pytest had, also where they were deselected; `run`: begun; `reported`: in the verdict.
    `lost`: what of them is missing, and from where on."""

    names: Mapping[str, tuple[str, ...]] = field(repr=False)
    declared: int
    collected: int
    deselected: int
    run: int
    reported: int
    lost: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return self.declared == self.collected == self.run == self.reported and not self.lost


@dataclass(frozen=True, slots=True)
class Stages:
    """The cases at each stage, of all systems. `lost`: what is missing without being a case of its own, as a file of
    probes that made none, by system."""

    names: Mapping[str, Mapping[str, tuple[str, ...]]]
    declared: frozenset[Key]
    collected: frozenset[Key]
    deselected: frozenset[Key]
    run: frozenset[Key]
    reported: frozenset[Key]
    lost: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def by_system(self) -> dict[str, Population]:
        names = {key.system for key in self.declared | self.reported} | self.lost.keys()
        stages = (self.declared, self.collected, self.deselected, self.run, self.reported)
        declared, collected, deselected, run, reported = (Counter(k.system for k in keys) for keys in stages)
        lost = self._lost()
        return {
            name: Population(
                dict(self.names.get(name, {})), declared[name], collected[name], deselected[name], run[name],
                reported[name], (*self.lost.get(name, ()), *lost.get(name, ())),
            )
            for name in sorted(names)
        }  # fmt: skip

    def _lost(self) -> dict[str, list[str]]:
        """Each where it was last seen, in the order of names; what was deselected is not lost."""
        found: dict[str, list[str]] = {}
        asked = self.collected - self.deselected
        for said, keys in (
            ("declared, and not collected", self.declared - self.collected),
            ("collected, and not run", asked - self.run - self.reported),
            ("run, and not reported", self.run - self.reported),
            ("reported, and not declared", self.reported - self.declared),
        ):
            for key in sorted(keys):
                found.setdefault(key.system, []).append(f"{key.rule}[{key.subject}]: {said}")
        return found


def whole(names: Mapping[str, Mapping[str, tuple[str, ...]]], cases: Iterable[Case]) -> dict[str, Population]:
    """Where cases are judged one by one, without a run that could lose one."""
    keys = frozenset(key_of(case) for case in cases)
    return Stages(names, keys, keys, frozenset(), keys, keys).by_system()


def key_of(case: Case) -> Key:
    return Key(case.rule.system, case.rule.id, case.subject)


def told(verdict: Verdict) -> dict[str, Any]:
    """By system: the stages, and of its cases how many were looked at, which were excluded, which were out of reach."""
    cases: dict[str, list[Case]] = {name: [] for name in verdict.population}
    for case in verdict.cases:
        cases.setdefault(case.rule.system, []).append(case)
    return {name: _told(of, cases[name], verdict.blind) for name, of in verdict.population.items()}


def _told(of: Population, cases: Iterable[Case], blind: Mapping[str, str]) -> dict[str, Any]:
    excluded: Counter[str] = Counter({"deselected": of.deselected} if of.deselected else {})
    unavailable: Counter[str] = Counter()
    looked_at = 0
    for case in cases:
        if case.outcome == "could_not_look" or (case.outcome == "not_applicable" and _hidden(case, blind)):
            unavailable[case.reason] += 1
        elif case.outcome == "not_applicable":
            excluded[case.reason] += 1
        else:
            looked_at += 1
    return {
        "names": {population: list(names) for population, names in of.names.items()},
        "declared": of.declared, "collected": of.collected, "deselected": of.deselected, "run": of.run,
        "reported": of.reported, "lost": list(of.lost), "looked_at": looked_at,
        "excluded": dict(sorted(excluded.items())), "unavailable": dict(sorted(unavailable.items())),
    }  # fmt: skip


def _hidden(case: Case, blind: Mapping[str, str]) -> bool:
    """Is it not applicable since what it judges is declared unavailable? Its reason then ends with that one."""
    return case.reason.endswith(tuple(why for why in blind.values() if why))


def parse(value: Mapping[str, Any]) -> dict[str, Population]:
    """What `told` says, but for what follows from the cases."""
    return {
        name: Population(
            {population: tuple(names) for population, names in said["names"].items()},
            said["declared"], said["collected"], said["deselected"], said["run"], said["reported"],
            tuple(said["lost"]),
        )
        for name, said in value.items()
    }  # fmt: skip


def line(said: Mapping[str, Any], why_unavailable: int = 3) -> str:
    """A system's population in words, of what `told` says of it, with the most frequent reasons."""
    stages = " = ".join(f"{said[name]} {name}" for name in ("declared", "collected", "run", "reported"))
    if not balanced(said):
        stages = stages.replace(" = ", ", ") + " (NOT ALL)"
    why = (
        f"{name} {sum(said[name].values())}" + (f" ({'; '.join(_reasons(said[name], most))})" if most else "")
        for name, most in (("excluded", 3), ("unavailable", why_unavailable))
        if said[name]
    )
    return "; ".join((stages, f"looked at {said['looked_at']}", *why))


def balanced(said: Mapping[str, Any]) -> bool:
    return len({said[name] for name in ("declared", "collected", "run", "reported")}) == 1 and not said["lost"]


def _reasons(reasons: Mapping[str, int], most: int) -> Iterator[str]:
    """The most frequent ones; how many others there are."""
    ordered = sorted(reasons.items(), key=lambda each: (-each[1], each[0]))
    yield from (f"{count} {reason}" for reason, count in ordered[:most])
    if rest := sum(count for _, count in ordered[most:]):
        yield f"{rest} for other reasons"


def brief(verdict: Verdict) -> dict[str, str]:
    """For the head of a page, which shows some thirty signs of each."""
    said = told(verdict)
    total = sum(each["declared"] for each in said.values())
    missing = sum(each["declared"] - each["reported"] for each in said.values())
    found = {"population": f"{total} declared = run = reported"}
    if not verdict.complete:
        found = {"population": f"NOT ALL: {missing} of {total} missing"}
    return found | {name: _brief(each) for name, each in said.items()}


def _brief(said: Mapping[str, Any]) -> str:
    short = {"excluded": "excl.", "unavailable": "unavail."}
    counts = [f"{sum(said[name].values())} {text}" for name, text in short.items() if said[name]]
    return ", ".join([f"{said['looked_at']} looked at", *counts])


def text(verdict: Verdict) -> str:
    """All of it, for an attachment of the page: names, stages, and every reason with how many cases it has."""
    return "\n".join(part for name, said in told(verdict).items() for part in _text(name, said))


def _text(system: str, said: Mapping[str, Any]) -> Iterator[str]:
    yield f"{system}: {line(said, 0)}"
    for head, reasons in (("excluded", said["excluded"]), ("unavailable", said["unavailable"])):
        yield from (f"  {head}: {count} x {reason}" for reason, count in reasons.items())
    yield from (f"  LOST: {each}" for each in said["lost"])
    for population, names in said["names"].items():
        yield f"  declared in {population}: {len(names)}"
        yield from (f"    {name}" for name in names)
    yield ""


def summed(verdict: Verdict) -> str:
    """Of all systems together, in one line for a reader who is told below what was out of reach, and why."""
    whole: dict[str, Any] = {"excluded": Counter(), "unavailable": Counter(), "lost": []}
    for said in told(verdict).values():
        for name in ("declared", "collected", "run", "reported", "looked_at"):
            whole[name] = whole.get(name, 0) + said[name]
        for name in ("excluded", "unavailable"):
            whole[name].update(said[name])
        whole["lost"] += said["lost"]
    return line(whole, 0) if "declared" in whole else "nothing was declared"


def problems(verdict: Verdict) -> list[str]:
    """What a person has to know where it was not all, a line each."""
    found = []
    for name, of in verdict.population.items():
        if of.complete:
            continue
        stages = (
            f"{of.declared} declared, {of.collected} collected, {of.deselected} deselected, {of.run} run,"
            f" {of.reported} reported"
        )
        found += [f"population of {name}: {stages}", *(f"  lost: {each}" for each in of.lost[:_MOST])]
        found += [f"  and {len(of.lost) - _MOST} more"] if len(of.lost) > _MOST else []
    return found
