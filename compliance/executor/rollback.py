"""Take back what a receipt says was done, by id, and nothing else.

It reads the ledger alone, no plan and no template, so that a later version of the program can take back too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from compliance.core import footprint
from compliance.core.errors import Refused
from compliance.executor import fence, following, recovery, running
from compliance.executor.apply import Applied, program
from compliance.executor.approvals import granted
from compliance.executor.finishing import Done, finish, left
from compliance.executor.receipt import Receipt, find
from compliance.executor.session import session

if TYPE_CHECKING:
    from collections.abc import Collection

    from compliance.core.footprint import FactKey
    from compliance.executor.apply import Change
    from compliance.executor.approvals import Grant
    from compliance.executor.running import State
    from compliance.executor.session import Session


def rollback(change: Change, receipt_id: str, *, why: str = "", dry_run: bool = False) -> Applied:
    """Take a change back, or raise and have changed nothing. `why`: 'not kept' where the program itself takes back a
    change that did not give what it promised, for which nobody's approval is needed."""
    receipt = find(change.ledger, receipt_id)
    purpose = f"rollback {receipt.digest[:8]}"
    with change.ledger.locked(), session(change.estate, receipt.needs, change.execution, purpose) as s:
        settled = recovery.settle(change, s)
        taken = None if dry_run else _earlier(change, receipt, settled)
        if taken is None:
            _check_open(change, receipt, s)
            grant = None if why else granted(
                receipt, "rollback", execution=change.execution, ledger=change.ledger, now=change.now
            )  # fmt: skip
            following.check(change, s, receipt.work)
            taken = _transact(change, s, receipt, grant, why, keep=not dry_run)
        return _finished(change, s, receipt, taken)


def _earlier(change: Change, receipt: Receipt, settled: recovery.Settled | None) -> Applied | None:
    """What an earlier run did, where it was ended before all was done that follows; nothing may have followed since."""
    if settled and settled.end.body.get("receipt") == receipt.entry.hash:
        return Applied(settled.end.hash, settled.effect, {}, recovered=True)
    entries = change.ledger.entries()
    last = [entry for entry in entries if entry.kind in ("receipt", "rolled-back")][-1]
    if last.kind != "rolled-back" or last.body["receipt"] != receipt.entry.hash:
        return None
    intent = next(entry for entry in entries if entry.hash == last.body["intent"])
    effect = running.Effect.from_json(intent.body["effect"])
    if not left(change.ledger, receipt.content, _done(receipt, last.hash, effect)):
        return None
    return Applied(last.hash, effect, last.body.get("trails", {}), recovered=True)


def _finished(change: Change, s: Session, receipt: Receipt, taken: Applied) -> Applied:
    """With what follows COMMIT; a dry run has none."""
    if taken.receipt is None:
        return taken
    done = _done(receipt, taken.receipt, taken.effect)
    return replace(taken, called=finish(change, s, receipt.content, done))


def _done(receipt: Receipt, entry: str, effect: running.Effect) -> Done:
    plan = receipt.entry.body["plan"]
    named = {"name": plan["name"], "digest": plan["digest"]}
    folders = tuple(receipt.intent.body.get("folders", ()))
    return Done(entry, receipt.entry.hash, named, effect, back=True, folders=folders, own=receipt.own)


def _check_open(change: Change, receipt: Receipt, s: Session) -> None:
    for entry in change.ledger.entries():
        if entry.kind == "rolled-back" and entry.body.get("receipt") == receipt.entry.hash:
            raise Refused(
                f"receipt {receipt.id} was rolled back already, at {entry.at}", remedy="nothing is left to do"
            )
    if receipt.effect.nothing and not receipt.work.calls:
        reasons = ["the change made, changed and removed no row"]
        reasons += ["what its calls are about was so before it"] if receipt.content.get("calls") else []
        raise Refused(f"receipt {receipt.id}: there is nothing to roll back", reasons=reasons)
    found = s.target()
    if found != receipt.target:
        raise Refused(f"receipt {receipt.id} is of {receipt.target}, this is {found}")


def _transact(
    change: Change, s: Session, receipt: Receipt, grant: Grant | None, why: str, *, keep: bool
) -> Applied:
    with s.transaction(keep=keep):
        fence.check_writes(receipt.writes, receipt.needs, change.execution.preserve)
        s.lock_tables(key.section for key in receipt.writes)
        before = running.state(s, receipt.writes)
        since = _check_unchanged(receipt, before)
        for name in since:
            change.at(f"{name}: was changed since, and its way back says whether that may go")
        s.mark()
        change.at("before the first statement")
        running.revert(s, receipt.steps, change.at)
        after = running.state(s, receipt.writes)
        bounds = fence.Bounds(
            receipt.writes, receipt.needs, change.execution.trails, receipt.guarded, receipt.made
        )
        trails = fence.check_crossed(before, after, s.wrote(), bounds)
        _check_restored(receipt, after, since)
        effect = running.effect(before, after)
        body = _body(receipt, grant, why, before, after) | {"effect": effect.as_json()}
        body |= {"changed_since": list(since)} if since else {}
        if keep:
            intent = change.ledger.append("intent", body, at_step=change.at)
        change.at("before COMMIT")
    change.at("after COMMIT")
    if not keep:
        return Applied(None, effect, trails)
    entry = change.ledger.append(
        "rolled-back", recovery.outcome(body) | {"intent": intent.hash, "trails": trails}, at_step=change.at
    )
    return Applied(entry.hash, effect, trails)


def _check_unchanged(receipt: Receipt, now: State) -> tuple[str, ...]:
    """What somebody changed since is theirs: it is not taken away. Of a guarded row its revert says what that is.

    Returns the guarded rows that are not to the letter what was written.
    """
    images, effect = {str(key): image for key, image in now.images.items()}, receipt.effect
    guarded = {str(key) for key in receipt.guarded} & images.keys()
    moved = [
        f"{name}: {'is gone' if name not in images else 'was changed since'}"
        for name in effect.created
        if images.get(name) != effect.images[name] and name not in guarded
    ]
    if moved:
        raise Refused(
            f"receipt {receipt.id}: what it made was changed since", reasons=moved,
            remedy="look at who changed them; what they hold now would be lost",
        )  # fmt: skip
    since = tuple(sorted(n for n in guarded & effect.images.keys() if images[n] != effect.images[n]))
    keys, digests = _judged(receipt, since)
    if running.facts(now, keys) != digests["after"]:
        raise Refused(
            f"receipt {receipt.id}: what it wrote was changed since", reasons=sorted(map(str, receipt.writes)),
            remedy="compile again: the drift that is left is what there is to repair",
        )  # fmt: skip
    return since


def _judged(receipt: Receipt, since: Collection[str]) -> tuple[frozenset[FactKey], dict[str, str]]:
    """The facts that have to be as they were: all, or those that no step guards where one of these has moved."""
    if since:
        return receipt.writes - receipt.guarded, receipt.unguarded
    return receipt.writes, receipt.written


def _check_restored(receipt: Receipt, now: State, since: Collection[str]) -> None:
    keys, digests = _judged(receipt, since)
    if running.facts(now, keys) != digests["before"]:
        raise Refused(
            f"receipt {receipt.id}: taking it back would not restore what was there before",
            remedy="nothing was changed; look at triggers of what the plan wrote",
        )


def _body(receipt: Receipt, grant: Grant | None, why: str, before: State, after: State) -> dict[str, Any]:
    reads = recovery.reads_of(receipt.content)
    return {
        "change": "rollback",
        "receipt": receipt.entry.hash,
        "why": why,
        "plan": receipt.intent.body["plan"],
        "approvals": {
            "self": grant is None or grant.self_approved,
            "by": list(grant.by) if grant else [],
            "nonces": list(grant.nonces) if grant else [],
        },
        "footprint": {
            "before": footprint.digest(before.observation, reads),
            "after": footprint.digest(after.observation, reads),
        },
        "program": program(),
    }
