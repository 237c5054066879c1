"""What the front page is told beside the verdict's document. Whoever has a part of it fills it in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.core.controls import Control
    from compliance.core.history import Change
    from compliance.estate.places import Place


class Section(NamedTuple):
    """What was read once, by which query and when. `facts`: how many there are; `blind`: why there is nothing; `text`:
    of a query that is a file, its content."""

    name: str
    source: str
    query: str
    at: str
    seconds: float
    facts: int
    blind: str = ""
    text: str = ""


class Source(NamedTuple):
    """What the estate says that it cannot open. `owner`, `until`: empty where nobody declared it."""

    name: str
    reason: str
    owner: str = ""
    until: str = ""


class Waiver(NamedTuple):
    """`state`: in words; `wrong`: what is a finding of it; `meets`: the keys that it keeps from counting."""

    id: str
    state: str
    finding: str
    reason: str
    owner: str
    approver: str
    until: str
    meets: tuple[str, ...]
    wrong: tuple[str, ...] = ()


class Plan(NamedTuple):
    """`digest`: what an approval names; empty where there is nothing to do."""

    system: str
    kind: str
    title: str
    steps: int
    digest: str
    proposal: str = ""


class Event(NamedTuple):
    """An entry of the ledger, in words. `plan`: its digest."""

    at: str
    kind: str
    plan: str
    said: str


class Ledger(NamedTuple):
    """`said`: where it is, that there is none, or why it cannot be believed (`damaged`)."""

    said: str
    events: tuple[Event, ...] = ()
    damaged: bool = False


class Gate(NamedTuple):
    """What a profile makes of the verdict, which stays what it is. `said`: a line each of what does not count, or is
    too old for it."""

    name: str
    passed: bool
    why: str = ""
    said: tuple[str, ...] = ()


class Subject(NamedTuple):
    """What a case is about."""

    rule: str
    subject: str


@dataclass(frozen=True, slots=True)
class Given:
    """`versions`: of what judged, by name. `changes`: the last runs, this one last; empty where none is kept.

    `reads`: by rule, the names of the sections it read. `cases`: the name of each case's result in Allure.
    `places`: by rule and subject of a finding. `copies`: names of the files of policy that are copied beside the page.
    `no_allure`: why there are none of its pages; empty where there are.
    """

    estate: str
    kind: str
    systems: tuple[str, ...]
    observed_at: str
    versions: Mapping[str, str]
    unavailable: tuple[Source, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    warnings: tuple[str, ...] = ()
    plans: tuple[Plan, ...] = ()
    obstacles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=lambda: Ledger(""))
    changes: tuple[Change, ...] = ()
    sections: tuple[Section, ...] = ()
    reads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cases: Mapping[Subject, str] = field(default_factory=dict)
    places: Mapping[Subject, Place] = field(default_factory=dict)
    copies: frozenset[str] = frozenset()
    controls: tuple[Control, ...] = ()
    gate: Gate | None = None
    no_allure: str = ""
