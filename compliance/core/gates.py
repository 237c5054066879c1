"""Profiles: what of a verdict lets an exit code be green, and which profile lets more pass than another.

A profile decides the exit code alone: outcomes, report and verdict stay what they are. What could not be looked at,
and a run that was not whole, pass no profile (ARCHITECTURE, 'Not looking is not passing').
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, get_args

from compliance.core.finding import Severity
from compliance.core.history import label
from compliance.core.waivers import GATES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from compliance.core.history import Known
    from compliance.core.verdict import Case, Verdict

SEVERITIES: tuple[Severity, ...] = get_args(Severity)  # the worst first
NEW = "new"
PLATFORM = "platform"  # judged by every profile: it judges the policy, the waivers and the profiles themselves


@dataclass(frozen=True, slots=True)
class Profile:
    """Which findings fail. `only_new`: none that earlier audits know to be there; `systems`: of which, None: of all;
    `max_age`: how old evidence may be, by kind (`core.aging`), beside what policy limits for every audit.

    As made without a word it is as strict as there is: what fails an audit fails it.
    """

    name: str
    severities: frozenset[Severity] = frozenset(SEVERITIES)
    only_new: bool = False
    systems: frozenset[str] | None = None
    max_age: Mapping[str, str] = field(default_factory=dict)

    def judges(self, system: str) -> bool:
        return self.systems is None or system == PLATFORM or system in self.systems


class Tolerated(NamedTuple):
    """What was found, or could not be looked at, and does not fail: its key and why."""

    key: str
    why: str


@dataclass(frozen=True, slots=True)
class Gate:
    """What a profile makes of a verdict. `failing`: keys of findings; `unseen`: cases that could not look
    ('RULE:subject'); `old`: sections that are older than the profile lets them be, each with the reason; `unprobed`:
    systems of which nothing was looked at."""

    profile: str
    exit_code: int
    failing: tuple[str, ...] = ()
    tolerated: tuple[Tolerated, ...] = ()
    unseen: tuple[str, ...] = ()
    old: Mapping[str, str] = field(default_factory=dict)
    unprobed: tuple[str, ...] = ()
    complete: bool = True

    @property
    def passed(self) -> bool:
        return self.exit_code == 0


def passes(
    verdict: Verdict,
    profile: Profile,
    known: Mapping[str, Known] | None = None,
    *,
    systems: Collection[str],
    old: Mapping[str, str] | None = None,
) -> Gate:
    """Of a verdict, by what earlier audits know; without any of them everything is new.

    `systems`: those in force. Each that the profile judges must have been looked at: by that a profile of fewer systems
    cannot fail where one of all of them passes.
    """
    old = dict(old or {})
    mine = [case for case in verdict.cases if profile.judges(case.rule.system)]
    failing, tolerated = [], list(_left_out(verdict.cases, profile))
    for case in mine:
        for finding in case.findings:
            key = finding.key(case.rule.id)
            why = _lets(profile, case, key, known or {})
            tolerated += [Tolerated(key, why)] if why else []
            failing += [] if why else [key]
    unseen = [f"{case.rule.id}:{case.subject}" for case in mine if case.outcome == "could_not_look"]
    looked_at = {case.rule.system for case in mine if case.outcome != "not_applicable"}
    unprobed = sorted(name for name in systems if profile.judges(name) and name not in looked_at)
    blind = unseen or old or not verdict.complete
    code = 5 if unprobed or not mine else 3 if blind else 1 if failing else 0
    return Gate(
        profile.name,
        code,
        tuple(failing),
        tuple(tolerated),
        tuple(unseen),
        old,
        tuple(unprobed),
        verdict.complete,
    )


def _left_out(cases: Collection[Case], profile: Profile) -> Iterator[Tolerated]:
    """Of systems that it does not judge."""
    for case in cases:
        if profile.judges(case.rule.system):
            continue
        why = f"{case.rule.system} is not judged"
        if case.outcome == "could_not_look":
            yield Tolerated(f"{case.rule.id}:{case.subject}", f"could not look; {why}")
        yield from (Tolerated(finding.key(case.rule.id), why) for finding in case.findings)


def _lets(profile: Profile, case: Case, key: str, known: Mapping[str, Known]) -> str:
    """Why a finding does not fail, or nothing. One that was gone and is back is new."""
    if case.rule.id == GATES:  # or what is loosened would let that itself pass
        return ""
    if case.rule.severity not in profile.severities:
        return f"is {case.rule.severity}"
    if profile.only_new and label(known, key) == "unchanged":
        return f"is not new: found since {known[key].at[:10]}"
    return ""
