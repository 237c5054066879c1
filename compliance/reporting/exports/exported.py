"""What an export is made of. No clock and no host: of equal inputs every format is equal, byte by byte."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import history, verdicts
from compliance.core.waivers import OWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from compliance.core.controls import Control
    from compliance.core.finding import Finding
    from compliance.core.gates import Gate
    from compliance.core.history import Change, Known
    from compliance.core.verdict import Case, Verdict
    from compliance.core.waivers import Waiver
    from compliance.estate.places import Place

NAME = "dot-compliance"


class Found(NamedTuple):
    """A finding where it was found. `waiver`: the name of the one by which it does not count."""

    case: Case
    finding: Finding
    waiver: str = ""

    @property
    def key(self) -> str:
        return self.finding.key(self.case.rule.id)


@dataclass(frozen=True)
class Exported:
    """`document`: of the verdict; `files`: `estate.yaml` as it is sealed, and the policy; `place`: of a name in the
    policy of a system; `known`: what earlier audits found, or None where none are kept; `program`: its version;
    `controls`: what rules give evidence of; `gate`: what a profile made of the verdict, where one decided."""

    document: Mapping[str, Any]
    estate: str
    kind: str
    observed_at: str
    program: str
    place: Callable[[str, str], Place]
    waivers: Mapping[str, Waiver] = field(default_factory=dict)
    known: Mapping[str, Known] | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    controls: tuple[Control, ...] = ()
    gate: Gate | None = None

    @cached_property
    def verdict(self) -> Verdict:
        return verdicts.parse(self.document)

    @cached_property
    def change(self) -> Change | None:
        """Against what is known; None where nothing is."""
        if self.known is None:
            return None
        entry = history.entry(
            self.document, estate=self.estate, observed_at=self.observed_at, program=self.program, number=0
        )
        return history.compared(self.known, entry)

    def label(self, key: str) -> str:
        """`new`, `unchanged` or `reopened`; nothing where no earlier audits are kept."""
        return "" if self.known is None else history.label(self.known, key)

    def controls_of(self, rule: str) -> tuple[list[str], list[str]]:
        """Our own ones by id, and those of NIST SP 800-53 that they bear on."""
        found = [control for control in self.controls if rule in control.rules]
        return [control.id for control in found], sorted({name for control in found for name in control.nist})

    def where(self, case: Case, finding: Finding | None = None) -> Place:
        """What is declared of it. A case of all others has no name of its own, but each of its findings has."""
        subject = finding.subject if finding else case.subject
        return self.place("waivers" if case.rule.id == OWN else case.rule.system, subject)

    def findings(self) -> Iterator[Found]:
        """Those that count."""
        yield from (Found(case, finding) for case in self.verdict.cases for finding in case.findings)

    def waived(self) -> Iterator[Found]:
        yield from (Found(case, e.finding, e.waiver) for case in self.verdict.cases for e in case.waived)

    def justified(self, found: Found) -> str:
        """Who answers for it that a finding does not count, and why."""
        waiver = self.waivers.get(found.waiver)
        if waiver is None:
            return f"waived by {found.waiver}"
        return (
            f"waived by {waiver.id} until {waiver.until}: {waiver.reason}"
            f" (owner {waiver.owner}, approved by {waiver.approver})"
        )


def said(case: Case, waived: Callable[[Found], str]) -> list[str]:
    """All that is to be told of a case, a line each: what counts, what does not, why it was not looked at."""
    return [
        *(f"{finding.key(case.rule.id)}: {finding.message}" for finding in case.findings),
        *(f"{e.finding.key(case.rule.id)}: {waived(Found(case, *e))}" for e in case.waived),
        *([case.reason] if case.reason and not case.waived else []),
    ]


def problem(verdict: Verdict) -> str:
    """Why no reader may take the run for green though no case says so; or nothing."""
    if verdict.conclusion == "nothing-probed":
        return "nothing was probed: every case is not applicable"
    if verdict.complete:
        return ""
    lost = [line for each in verdict.population.values() for line in each.lost]
    head = f"not all was judged: {verdict.deselected} cases were deselected, {len(lost)} were lost"
    return "; ".join([head, *lost[:20]])


def zulu(time: str) -> str:
    """The spelling of UTC that the schemas of others ask for."""
    return time.replace("+00:00", "Z")
