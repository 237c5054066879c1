"""Apply a plan: lock, look again, refuse if the footprint moved, one transaction, verify, intent, COMMIT, receipt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from compliance.core import footprint
from compliance.core.errors import Refused
from compliance.core.needs import Needs
from compliance.executor import calling, fence, files, following, recovery, running
from compliance.executor.approvals import Grant, granted
from compliance.executor.finishing import Done, finish, left
from compliance.executor.following import Work
from compliance.executor.receipt import VERIFIED, is_verified, newest, standing
from compliance.executor.session import session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from compliance.estate.config import Estate
    from compliance.executor.ledger import Ledger
    from compliance.executor.plan import Plan
    from compliance.executor.receipt import Receipt
    from compliance.executor.running import Effect, State
    from compliance.executor.session import Report, Session
    from compliance.systems.platform.execution import Execution


@dataclass(frozen=True)
class Change:
    """What a change of an estate needs to know. `now`: when it is judged whether an approval has expired."""

    estate: Estate
    execution: Execution
    ledger: Ledger
    now: datetime
    at: Report


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of it. `receipt`: the ledger entry to roll back from; None for a dry run. `called`: what followed."""

    receipt: str | None
    effect: Effect
    trails: dict[str, int]
    recovered: bool = False
    called: Mapping[str, Any] = field(default_factory=dict)


def apply(change: Change, plan: Plan, *, policy: str, dry_run: bool = False) -> Applied:
    """Apply, or raise and have changed nothing. A dry run is the same, but takes everything back at the end.

    `policy`: digest of the policy in force, which a plan must follow.
    """
    check_bound(change.estate, plan, policy)
    with (
        change.ledger.locked(),
        session(change.estate, plan.needs, change.execution, _purpose("apply", plan)) as s,
    ):
        recovery.settle(change, s)
        applied = None if dry_run else _earlier(change, s, plan)
        if applied is None:
            grant = granted(
                plan, "execute", execution=change.execution, ledger=change.ledger, now=change.now
            )  # fmt: skip
            check_target(s, plan)
            following.check(change, s, Work.of(plan.content, back=False))
            applied = _transact(change, s, plan, grant, keep=not dry_run)
        if applied.receipt is None:
            return applied
        done = _done(applied.receipt, plan.name, plan.digest, applied.effect)
        return replace(applied, called=finish(change, s, plan.content, done))


def _done(receipt: str, name: str, digest: str, effect: Effect) -> Done:
    return Done(receipt, receipt, {"name": name, "digest": digest}, effect, back=False)


def unfinished(ledger: Ledger, system: str) -> tuple[Receipt, Done] | None:
    """The last change of a system, where something is left to do that follows its COMMIT."""
    last = newest(ledger, system)
    if last is None:
        return None
    done = _done(last.entry.hash, last.entry.body["plan"]["name"], last.digest, last.effect)
    return (last, done) if left(ledger, last.content, done) else None


def resume(change: Change, system: str) -> Applied | None:
    """Finish that change, from the ledger alone: the rows are there, so that no plan is compiled for it any more.

    The content decides here too: what somebody has undone or changed since is nothing to finish.
    """
    ledger = change.ledger
    with ledger.locked():
        if recovery.pending(ledger) is None and unfinished(ledger, system) is None:
            return None
        with session(change.estate, Needs(), change.execution, f"finish {system}") as s:
            recovery.settle(change, s)
            found = unfinished(ledger, system)
            if found is None:
                return None
            last, done = found
            if recovery.footprint_now(s, last.intent) != last.intent.body["footprint"]["after"]:
                return None
            called = finish(change, s, last.content, done)
    trails = last.entry.body.get("trails", {})
    return Applied(last.entry.hash, last.effect, trails, recovered=True, called=called)


def _earlier(change: Change, s: Session, plan: Plan) -> Applied | None:
    """What an earlier run did, where it was ended before the look that is to follow; refuses where nothing is left.

    The content decides: where somebody has undone it by hand, it is as if it had never been.
    """
    receipt = standing(change.ledger, plan.digest)
    if receipt is None or (receipt.effect.nothing and not plan.calls):
        return None
    if recovery.footprint_now(s, receipt.intent) != receipt.intent.body["footprint"]["after"]:
        return None
    verified = is_verified(receipt, change.ledger)
    if verified and "open" in calling.states(change.estate, plan.calls).values():
        return None
    if verified:
        raise Refused(
            f"stale: {plan.name} was applied already, at {receipt.entry.at}: receipt {receipt.id}",
            remedy="nothing is left to do",
        )
    return Applied(receipt.entry.hash, receipt.effect, receipt.entry.body.get("trails", {}), recovered=True)


def remember_verified(
    change: Change,
    plan: Plan,
    receipt: str,
    observation: str,
    unasked: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """The look that followed found the estate as declared. Without this entry the same command looks again.

    `unasked`: the cases that were neither kept nor broken, and why.
    """
    body = {"change": "apply", "plan": {"name": plan.name, "digest": plan.digest}, "receipt": receipt}
    body |= {"observation": observation} | ({"unasked": dict(unasked)} if unasked else {})
    change.ledger.append(VERIFIED, body, at_step=change.at)


def _transact(change: Change, s: Session, plan: Plan, grant: Grant, *, keep: bool) -> Applied:
    beside = _beside(change.estate, plan)
    with s.transaction(keep=keep):
        s.kill_switch(change.execution.kill_switch)
        fence.check_writes(plan.writes, plan.needs, change.execution.preserve)
        before = locked_state(s, plan)
        check_fresh(before, plan)
        s.mark()
        change.at("before the first statement")
        running.deploy(s, plan.steps, change.at)
        after = running.state(s, plan.writes)
        effect = running.effect(before, after)
        bounds = fence.Bounds(plan.writes, plan.needs, change.execution.trails, plan.guarded)
        trails = fence.check_crossed(before, after, s.wrote(), bounds)
        s.kill_switch(change.execution.kill_switch)
        body = _body(plan, grant, before, after, effect) | beside
        if keep:
            # After this line a crash leaves a question, and the ledger holds what answers it: both footprints.
            intent = change.ledger.append("intent", body, at_step=change.at)
        change.at("before COMMIT")
    change.at("after COMMIT")
    if not keep:
        return Applied(None, effect, trails)
    receipt = change.ledger.append(
        "receipt", recovery.outcome(body) | {"intent": intent.hash, "trails": trails}, at_step=change.at
    )
    return Applied(receipt.hash, effect, trails)


def locked_state(s: Session, plan: Plan) -> State:
    """The look that counts: nobody else can write what the plan rests on until the transaction ends."""
    s.lock_tables(key.section for key in plan.writes)
    return running.state(s, plan.writes)


def check_fresh(before: State, plan: Plan) -> None:
    """A plan that was compiled for something else is stale."""
    found = footprint.digest(before.observation, plan.reads)
    if found != plan.footprint:
        raise Refused(
            f"stale: {plan.name} was compiled for {plan.footprint[:12]}, the estate is at {found[:12]}",
            reasons=["a fact that the plan reads or writes has moved since"],
            remedy="compile again and review the new plan",
        )


def check_bound(estate: Estate, plan: Plan, policy: str) -> None:
    reasons = []
    if (plan.estate, plan.estate_kind) != (estate.name, estate.kind):
        reasons.append(f"it is for {plan.estate} ({plan.estate_kind}), this is {estate.name} ({estate.kind})")
    if plan.policy != policy:
        reasons.append(f"it follows policy {plan.policy[:12]}, in force is {policy[:12]}")
    if plan.compiled.nothing:
        reasons.append("it has no steps: there is nothing to do")
    if reasons:
        raise Refused(f"{plan.name} cannot be applied here", reasons=reasons, remedy="compile again and review")


def check_target(s: Session, plan: Plan) -> None:
    found = s.target()
    if found != plan.target:
        raise Refused(
            f"another database: {plan.name} is for {plan.target.database} of cluster {plan.target.system}",
            reasons=[f"this is {found.database} of cluster {found.system}"],
            remedy="compile for this estate, or connect to the one that was meant",
        )


def _body(plan: Plan, grant: Grant, before: State, after: State, effect: Effect) -> dict[str, Any]:
    """All that taking it back needs, so that a later version of the program can: it reads no plan and no policy."""
    return {
        "change": "apply",
        "plan": {"name": plan.name, "digest": plan.digest, "files": plan.digests, "content": plan.content},
        "approvals": {"self": grant.self_approved, "by": list(grant.by), "nonces": list(grant.nonces)},
        # Of the steps alone: what a call rests on may move by the call, and decides nothing once it may be made.
        "footprint": _digests(before, after, recovery.reads_of(plan.content)),
        "written": _digests(before, after, plan.writes),
        **({"unguarded": _digests(before, after, plan.writes - plan.guarded)} if plan.guarded else {}),
        "effect": effect.as_json(),
        "program": program(),
    }


def _digests(before: State, after: State, keys: frozenset[footprint.FactKey]) -> dict[str, str]:
    return {"before": running.facts(before, keys), "after": running.facts(after, keys)}


def _beside(estate: Estate, plan: Plan) -> dict[str, Any]:
    """What calls will make, known before anything is: the way back takes that and nothing that was there already.

    `open`: numbers of the calls that are not made yet; `folders`: those that will be made for files.
    """
    found = files.lacking(estate.repository, plan.calls)
    still = {"open": list(calling.still_open(estate, plan.calls))} if plan.calls else {}
    return still | ({"folders": list(found)} if found else {})


def program() -> str:
    """Which version of this program did it."""
    return f"dot-compliance {version('dot-compliance')}"


def _purpose(verb: str, plan: Plan) -> str:
    return f"{verb} {plan.digest[:8]}"
