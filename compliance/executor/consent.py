"""One approval against one case: does it hold here, now, for this and nothing else? If not, why not."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.errors import Refused
from compliance.executor import attest

if TYPE_CHECKING:
    from compliance.executor.ledger import Entry, Ledger
    from compliance.executor.plan import Approvable
    from compliance.systems.platform.execution import Capability, Execution

KIND = "approval"
# Whatever is done by an approval names its nonce, and nothing is done by it again.
SPENDS = frozenset({"receipt", "rolled-back", "marking", "exercise", "commit"})


class Case(NamedTuple):
    """What is asked for, where, and when."""

    plan: Approvable
    capability: Capability
    execution: Execution
    ledger: Ledger
    now: datetime


class Judged(NamedTuple):
    """`wrong`: why it does not count; where it counts, nothing."""

    by: str
    nonce: str
    wrong: tuple[str, ...]


class _Said(NamedTuple):
    plan: str
    capability: str
    nonce: str
    not_before: datetime
    expires: datetime
    ledger: str
    head: str
    place: dict[str, Any]
    files: dict[str, str]


def place(plan: Approvable) -> dict[str, Any]:
    """Where a plan may go, as an approval repeats it."""
    return {"estate": {"name": plan.estate, "kind": plan.estate_kind}, "target": plan.target._asdict()}


def judge_all(case: Case) -> list[Judged]:
    """Every approval of the ledger but those that are over and were for something else: they are history."""
    spent = _spent(case.ledger)
    approvals = (entry for entry in case.ledger.entries() if entry.kind == KIND)
    return [judged for entry in approvals if (judged := _judge(entry, case, spent)) is not None]


def _judge(entry: Entry, case: Case, spent: dict[str, str]) -> Judged | None:
    label = f"approval {entry.hash[:12]}"
    try:
        by, statement = attest.open_envelope(entry.body.get("envelope"), case.execution.keys)
        said = _parse(statement)
    except Refused as error:
        return Judged("", "", (f"{label}: {error.message}",))
    over, other = _over(said, case, spent), _other(said, case)
    if over and other:
        return None
    wrong = [*over, *other, *_elsewhere(said, case)]
    if case.capability not in case.execution.keys[by].may:
        wrong.append(f"policy does not let {by} approve '{case.capability}' any more")
    return Judged(by, said.nonce, tuple(f"{label} by {by}: {reason}" for reason in wrong))


def _parse(statement: dict[str, Any]) -> _Said:
    if statement["predicateType"] != attest.APPROVAL:
        raise Refused(f"what was signed is '{statement['predicateType']}'")
    try:
        said = dict(statement["predicate"])
        ledger = said["ledger"]
        return _Said(
            plan=said["plan"],
            capability=said["capability"],
            nonce=str(said["nonce"]),
            not_before=_time(said["not_before"]),
            expires=_time(said["expires"]),
            ledger=ledger["id"],
            head=ledger["head"],
            place={"estate": dict(said["estate"]), "target": dict(said["target"])},
            files=attest.subjects(statement),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(f"what was signed says too little ({type(error).__name__}: {error})") from None


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"'{text}' names no time zone")
    return found


def _spent(ledger: Ledger) -> dict[str, str]:
    return {
        nonce: f"{entry.kind} {entry.hash[:12]} of {entry.at}"
        for entry in ledger.entries()
        if entry.kind in SPENDS
        for nonce in entry.body.get("approvals", {}).get("nonces", ())
    }


def _over(said: _Said, case: Case, spent: dict[str, str]) -> list[str]:
    found = []
    if said.nonce in spent:
        found.append(f"it was used by {spent[said.nonce]}; an approval counts once")
    if case.now >= said.expires:
        found.append(f"it expired at {said.expires.isoformat()}")
    return found


def _other(said: _Said, case: Case) -> list[str]:
    found = []
    if said.capability != case.capability:
        found.append(f"it is for '{said.capability}', not '{case.capability}'")
    mine = case.plan.digests
    differ = sorted(name for name in said.files.keys() | mine.keys() if said.files.get(name) != mine.get(name))
    if differ:
        found.append(f"it is for another plan: {', '.join(differ)} differ")
    elif said.plan != case.plan.digest:
        found.append(f"it is for another plan: {said.plan[:12]}")
    return found


def _elsewhere(said: _Said, case: Case) -> list[str]:
    found = []
    if case.now < said.not_before:
        found.append(f"it is not valid before {said.not_before.isoformat()}")
    if said.ledger != case.ledger.id:
        found.append(f"it was given in another ledger, {said.ledger[:12]}")
    elif not case.ledger.holds(said.head):
        found.append(
            f"it was given after entry {said.head[:12]}, which is not here: this ledger is older, or was cut"
        )
    for what, mine in place(case.plan).items():
        if said.place[what] != mine:
            found.append(f"it is for another {what}: {_spelled(said.place[what])}; this is {_spelled(mine)}")
    return found


def _spelled(named: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(named.items()))
