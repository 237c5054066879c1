"""A receipt: what a change did, as the ledger holds it. All that taking it back needs stands in it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.errors import Refused
from compliance.core.footprint import FactKey
from compliance.executor import objects, spelling
from compliance.executor import plan as plans
from compliance.executor.following import Work
from compliance.executor.running import Effect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compliance.core.change import Step
    from compliance.core.needs import Needs
    from compliance.executor.ledger import Entry, Ledger

VERIFIED = "verified"


class Receipt:
    """Names what a plan names (digest, digests, hazards, target …), so that approvals are judged alike.

    `entry` says that it was done, `intent`, written before, what it was.
    """

    def __init__(self, entry: Entry, intent: Entry) -> None:
        self.entry, self.intent = entry, intent
        self.content: dict[str, Any] = intent.body["plan"]["content"]
        self.digest: str = intent.body["plan"]["digest"]
        self.digests: dict[str, str] = intent.body["plan"]["files"]
        self.estate: str = self.content["estate"]["name"]
        self.estate_kind: str = self.content["estate"]["kind"]
        self.hazards = frozenset(self.content["hazards"])
        self.target = plans.Target(**self.content["target"])
        self.proposal: str = self.content.get("proposal", "")
        self.written: dict[str, str] = intent.body["written"]
        # Without the guarded rows; the same where there are none.
        self.unguarded: dict[str, str] = intent.body.get("unguarded", self.written)
        # Numbers of the calls that were open before it; an older ledger does not say.
        self.own: tuple[int, ...] | None = tuple(intent.body["open"]) if "open" in intent.body else None

    @property
    def id(self) -> str:
        return self.entry.hash[:12]

    @cached_property
    def needs(self) -> Needs:
        """The database's alone: what the repository held decided whether it was made, not whether it is taken back."""
        return spelling.database_needs(self.content["needs"])

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        return tuple(map(spelling.step_from_json, self.content["steps"]))

    @property
    def writes(self) -> frozenset[FactKey]:
        return frozenset(key for step in self.steps for key in step.writes)

    @property
    def guarded(self) -> frozenset[FactKey]:
        return frozenset(key for step in self.steps for key in step.guarded)

    @property
    def made(self) -> frozenset[str]:
        """Tables that it made, which go with their rows; what somebody has put there since is asked before."""
        keys = (FactKey(*name.split("#", 1)) for name in self.effect.created)
        return objects.tables(keys)

    @property
    def work(self) -> Work:
        """What follows taking it back: of its calls, those that it made."""
        return Work.of(self.content, back=True, own=self.own)

    @property
    def effect(self) -> Effect:
        return Effect.from_json(self.intent.body["effect"])


def standing(ledger: Ledger, plan: str) -> Receipt | None:
    """The last receipt of the plan with that digest that was not taken back."""
    entries = ledger.entries()
    gone = _taken_back(entries)
    found = [
        entry for entry in entries
        if entry.kind == "receipt" and entry.body["plan"]["digest"] == plan and entry.hash not in gone
    ]  # fmt: skip
    return _with_intent(found[-1], entries) if found else None


def newest(ledger: Ledger, system: str) -> Receipt | None:
    """The last change of a system, where that was not to take something back."""
    entries = ledger.entries()
    found = [
        entry for entry in entries
        if entry.kind in ("receipt", "rolled-back") and entry.body["plan"]["name"].startswith(f"{system}/")
    ]  # fmt: skip
    return _with_intent(found[-1], entries) if found and found[-1].kind == "receipt" else None


def is_verified(receipt: Receipt, ledger: Ledger) -> bool:
    """Did a look that followed it find the estate as declared?"""
    return any(e.kind == VERIFIED and e.body["receipt"] == receipt.entry.hash for e in ledger.entries())


class Line(NamedTuple):
    """A receipt as a list shows it."""

    id: str
    at: str
    name: str
    taken_back: bool


def find(ledger: Ledger, receipt_id: str) -> Receipt:
    """By its id, or the beginning of it."""
    found = (
        [e for e in ledger.entries() if e.kind == "receipt" and e.hash.startswith(receipt_id)]
        if receipt_id
        else []
    )
    if len(found) != 1:
        known = [
            f"{line.id}  {line.at}  {line.name}{' (rolled back)' if line.taken_back else ''}"
            for line in listed(ledger)
        ]
        raise Refused(
            f"{len(found)} receipts begin with '{receipt_id}'", reasons=known or ["this ledger holds no receipt"],
            remedy="name one of them",
        )  # fmt: skip
    return _with_intent(found[0], ledger.entries())


def _with_intent(entry: Entry, entries: Iterable[Entry]) -> Receipt:
    return Receipt(entry, next(intent for intent in entries if intent.hash == entry.body["intent"]))


def _taken_back(entries: Iterable[Entry]) -> set[str]:
    return {entry.body["receipt"] for entry in entries if entry.kind == "rolled-back"}


def listed(ledger: Ledger) -> list[Line]:
    """Every receipt, oldest first."""
    entries = ledger.entries()
    gone = _taken_back(entries)
    return [
        Line(entry.hash[:12], entry.at, entry.body["plan"]["name"], entry.hash in gone)
        for entry in entries
        if entry.kind == "receipt"
    ]
