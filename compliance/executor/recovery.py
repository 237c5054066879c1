"""After a crash between intent and receipt, the content of the estate says what became of it; a transaction id cannot.

PostgreSQL hands the id of a lost transaction out again, and then reports it as committed (FACTS, 'Crashes').
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import footprint
from compliance.core.errors import Refused
from compliance.executor import spelling
from compliance.executor.running import Effect
from compliance.executor.session import Session

if TYPE_CHECKING:
    from compliance.executor.apply import Change
    from compliance.executor.ledger import Entry, Ledger

# What ends an intent: each of these names it in its body.
ENDS = frozenset({"receipt", "rolled-back", "recovered"})
_DONE = {"apply": "receipt", "rollback": "rolled-back"}


class Settled(NamedTuple):
    """An interrupted change, and the entry that now says what became of it."""

    intent: Entry
    end: Entry

    @property
    def effect(self) -> Effect:
        return Effect.from_json(self.intent.body["effect"])


def pending(ledger: Ledger) -> Entry | None:
    """The intent of which the ledger does not know what became; at most one, as changes are made one at a time."""
    open_intent = None
    for entry in ledger.entries():
        if entry.kind == "intent":
            open_intent = entry
        elif entry.kind in ENDS and open_intent and entry.body.get("intent") == open_intent.hash:
            open_intent = None
    return open_intent


def settle(change: Change, s: Session) -> Settled | None:
    """Look what became of an interrupted change and write it down; None where there was none.

    As after it: applied. As before it: not applied. Neither is an incident, and nothing is guessed.
    """
    intent = pending(change.ledger)
    if intent is None:
        return None
    found = footprint_now(s, intent)
    change.at(f"found an interrupted {intent.body['change']} of {intent.body['plan']['name']}")
    if found == intent.body["footprint"]["after"]:
        body = outcome(intent.body) | {"intent": intent.hash, "recovered": True}
        return Settled(intent, change.ledger.append(_DONE[intent.body["change"]], body, at_step=change.at))
    if found == intent.body["footprint"]["before"]:
        body = {"intent": intent.hash, "applied": False}
        return Settled(intent, change.ledger.append("recovered", body, at_step=change.at))
    raise Refused(
        f"incident: an interrupted {intent.body['change']} of {intent.body['plan']['name']} left the estate in a state "
        "that is neither the one before nor the one after",
        reasons=[f"intent {intent.hash[:12]} of {intent.at}", f"footprint now {found[:12]}"],
        remedy="find out who changed it, then "
        f"`compliance ledger settle {intent.hash[:12]} --as applied|not-applied --reason …`",
    )


def footprint_now(s: Session, intent: Entry) -> str:
    """What the estate holds at present of all that a change rested on."""
    content = intent.body["plan"]["content"]
    needs = spelling.database_needs(content["needs"])
    here = Session(s.estate, needs, s.connection, s.step_seconds)
    with here.transaction(keep=False):
        return footprint.digest(here.observe(), reads_of(content))


def outcome(body: dict[str, Any]) -> dict[str, Any]:
    """What the entry that ends an intent repeats of it; the rest stands in the intent, which it names."""
    plan = {"name": body["plan"]["name"], "digest": body["plan"]["digest"]}
    kept = {"change": body["change"], "plan": plan, "approvals": body["approvals"]}
    more = {name: body[name] for name in ("receipt", "changed_since") if name in body}
    notes = body["plan"]["content"].get("notes")
    return kept | more | ({"notes": notes} if notes else {})


def settle_by_hand(ledger: Ledger, intent_id: str, *, applied: bool, reason: str) -> Entry:
    """A person says what became of an interrupted change that content alone could not tell."""
    intent = pending(ledger)
    if intent is None or not intent.hash.startswith(intent_id):
        raise Refused(
            f"there is no open intent {intent_id}", remedy="`compliance ledger show` lists what there is"
        )
    body = {"intent": intent.hash, "by_hand": reason}
    if applied:
        return ledger.append(_DONE[intent.body["change"]], outcome(intent.body) | body)
    return ledger.append("recovered", body | {"applied": False})


def writes_of(content: dict[str, Any]) -> frozenset[footprint.FactKey]:
    """The keys that its steps write."""
    return frozenset(key for step in content["steps"] for key in spelling.keys_from_json(step["writes"]))


def reads_of(content: dict[str, Any]) -> frozenset[footprint.FactKey]:
    """The keys of the footprint of a plan's steps, as a ledger holds it."""
    return frozenset(
        key
        for step in content["steps"]
        for part in ("reads", "writes")
        for key in spelling.keys_from_json(step[part])
    )
