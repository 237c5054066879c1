"""Who lets a plan reach an estate: statements that bind one plan, one capability, one ledger and a time, used once."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from compliance.core.errors import ConfigurationError, Refused
from compliance.executor import attest, keys
from compliance.executor.consent import KIND, Case, Judged, judge_all, place
from compliance.executor.rehearsals import rehearsed, remember_rehearsal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from securesystemslib.signer import Signer

    from compliance.executor.ledger import Entry, Ledger
    from compliance.executor.plan import Approvable
    from compliance.systems.platform.execution import ApprovalRule, Capability, Execution

__all__ = ["Grant", "approve", "granted", "rehearsed", "remember_rehearsal"]

REMEDY = (
    "`compliance rehearse PLAN --key FILE` by its author, then `compliance approve PLAN --capability … --key FILE "
    "--reason … --expires 4h` by each who must"
)
PROPOSED = "decide what is proposed, compile again, and review the new plan"
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
# What lets something new in waits for a second person; the way back does not, where nobody knows who the author is.
FORWARD = frozenset({"execute", "commit"})


class Grant(NamedTuple):
    """Who let it happen, and which approvals that spends."""

    self_approved: bool
    by: tuple[str, ...]
    nonces: tuple[str, ...]


def approve(
    plan: Approvable, *, capability: Capability, signer: Signer, reason: str, expires: timedelta | str,
    now: datetime, not_before: datetime | None = None, execution: Execution, ledger: Ledger,
) -> Entry:  # fmt: skip
    """Sign that a plan may be executed (or taken back, …) from `not_before` until `expires` from now."""
    until, since = now + duration(expires), not_before or now
    wrong = [*_proposed(plan), *_unable(signer, capability, execution)]
    try:
        _author(plan, capability, ledger, execution)
    except Refused as error:
        wrong.append(error.message)
    if not reason.strip():
        wrong.append("no reason is given, and whoever reads the ledger will ask for it")
    if since >= until:
        wrong.append(f"it would expire at {until.isoformat()}, before it is valid")
    if wrong:
        remedy = "put all of that right, then give the same command again"
        raise Refused(f"plan {plan.digest[:12]} cannot be approved", reasons=wrong, remedy=remedy)
    with ledger.locked():
        ledger.open()
        predicate = {
            "plan": plan.digest, "capability": capability, "reason": reason.strip(), "nonce": secrets.token_hex(16),
            "not_before": since.isoformat(), "expires": until.isoformat(),
            "ledger": {"id": ledger.id, "head": ledger.head}, **place(plan),
        }  # fmt: skip
        said = attest.statement(plan, attest.APPROVAL, predicate)
        return ledger.append(KIND, {"envelope": attest.sign(said, signer)})


def granted(
    plan: Approvable, capability: Capability, *, execution: Execution, ledger: Ledger, now: datetime
) -> Grant:
    """Is there enough? Raises `Refused` with everything that is lacking, and what is wrong with what there is."""
    if proposed := _proposed(plan):
        raise Refused(
            f"plan {plan.digest[:12]} is not approved: {capability}", reasons=proposed, remedy=PROPOSED
        )
    rules = _rules(plan, execution)
    if rules is None:
        _author(plan, capability, ledger, execution)
        return Grant(self_approved=True, by=(), nonces=())
    judged = judge_all(Case(plan, capability, execution, ledger, now))
    valid = [approval for approval in judged if not approval.wrong]
    asked = [rule for rule in rules if rule.capability == capability and _bears_on(rule, plan)]
    lacking, author = _uncovered(plan, capability, rules), None
    try:
        author = _author(plan, capability, ledger, execution)
        lacking += _unknown_author(asked, author)
    except Refused as error:
        lacking += [error.message]
    lacking += [text for rule in asked for text in _lacking(rule, plan, author, {found.by for found in valid})]
    if lacking:
        reasons = [*lacking, *(wrong for approval in judged for wrong in approval.wrong)]
        raise Refused(f"plan {plan.digest[:12]} is not approved: {capability}", reasons=reasons, remedy=REMEDY)
    return _grant(asked, author, valid)


def _grant(asked: Iterable[ApprovalRule], author: str | None, valid: Iterable[Judged]) -> Grant:
    """Spends more than it needs: what is left over would let the same plan in once more."""
    counting = {name for rule in asked for name in _counting(rule, author)}
    by = {approval.by for approval in valid} & counting
    return Grant(False, tuple(sorted(by)), tuple(sorted({approval.nonce for approval in valid})))


def duration(text: timedelta | str) -> timedelta:
    """'90s', '30m', '4h', '2d' or '1w'; longer than a year is no expiry."""
    if isinstance(text, timedelta):
        return text
    match = re.fullmatch(r"([1-9][0-9]{0,7})([smhdw])", text)
    found = timedelta(seconds=int(match[1]) * SECONDS[match[2]]) if match else timedelta.max
    if found > timedelta(days=366):
        raise ConfigurationError(
            f"'{text}' is no time to expire in", remedy="for example 30m, 4h or 2d; up to a year"
        )
    return found


def _proposed(plan: Approvable) -> list[str]:
    """What is proposed is for a person to decide first, and then another plan; so no estate approves it itself."""
    return [f"it is a PROPOSAL: {plan.proposal}"] if plan.proposal else []


def _rules(plan: Approvable, execution: Execution) -> tuple[ApprovalRule, ...] | None:
    """None: it approves itself, which a reference estate alone may do."""
    rules = execution.approvals.get(plan.estate_kind)
    if rules == "self" and plan.estate_kind == "reference":
        return None
    if rules is None or rules == "self":
        raise Refused(
            f"policy names nobody who may approve anything for estates of kind {plan.estate_kind}",
            remedy="`execution.approvals` of platform.yaml says who may",
        )
    return rules


def _author(plan: Approvable, capability: Capability, ledger: Ledger, execution: Execution) -> str | None:
    """Who made the plan, where that is known; raises `Refused` where it must have passed a rehearsal, and has not.

    A call cannot be rehearsed. And the way back of what was applied stays open, whoever's keys are gone since.
    """
    try:
        return rehearsed(plan, ledger, execution)
    except Refused:
        if capability == "test-call" or (capability == "rollback" and _was_applied(plan, ledger)):
            return None
        raise


def _was_applied(plan: Approvable, ledger: Ledger) -> bool:
    return any(
        entry.kind == "receipt" and entry.body["plan"]["digest"] == plan.digest for entry in ledger.entries()
    )


def _unable(signer: Signer, capability: Capability, execution: Execution) -> list[str]:
    public = keys.public_of(signer)
    names = sorted(name for name, key in execution.keys.items() if key.public == public)
    if not names:
        return [f"unknown key {public[:12]}…: policy names nobody who has it"]
    if capability not in execution.keys[names[0]].may:
        return [f"{names[0]} may not approve '{capability}', but {_listed(execution.keys[names[0]].may)}"]
    return []


def _bears_on(rule: ApprovalRule, plan: Approvable) -> bool:
    return rule.hazards is None or bool(rule.hazards & plan.hazards)


def _uncovered(plan: Approvable, capability: Capability, rules: Iterable[ApprovalRule]) -> list[str]:
    """What no rule speaks of, nobody may allow; neither is a plan without a hazard allowed by nobody."""
    mine = [rule for rule in rules if rule.capability == capability]
    nobody = f"policy names nobody who may approve '{capability}' for estates of kind {plan.estate_kind}"
    if not any(_bears_on(rule, plan) for rule in mine) and not plan.hazards:
        return [nobody]
    return [
        f"{nobody}, where it {hazard}"
        for hazard in sorted(plan.hazards)
        if not any(rule.hazards is None or hazard in rule.hazards for rule in mine)
    ]


def _unknown_author(asked: Iterable[ApprovalRule], author: str | None) -> list[str]:
    if author or not any(rule.capability in FORWARD and not rule.author_counts for rule in asked):
        return []
    return ["nobody signed the rehearsal, so nobody can tell whether its author approves alone"]


def _counting(rule: ApprovalRule, author: str | None) -> frozenset[str]:
    return rule.by if rule.author_counts else rule.by - {author or ""}


def _lacking(rule: ApprovalRule, plan: Approvable, author: str | None, given: set[str]) -> list[str]:
    counting = _counting(rule, author)
    missing = rule.count - len(given & counting)
    if missing <= 0:
        return []
    why = "whatever it does" if rule.hazards is None else f"it {', '.join(sorted(rule.hazards & plan.hazards))}"
    alone = f"; {author} is the author and does not count" if rule.by - counting else ""
    return [f"{missing} more of {_listed(counting - given)} must approve '{rule.capability}' ({why}){alone}"]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nobody"
