"""The commands that change an estate: rehearse, apply, rollback, commit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.core.errors import ComplianceError, CouldNotLook, Refused
from compliance.opening import opened_change, say_json
from compliance.talking import say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from compliance.core.verdict import Case
    from compliance.estate.config import Estate
    from compliance.executor.apply import Applied, Change
    from compliance.executor.ledger import Entry
    from compliance.executor.plan import Plan
    from compliance.executor.rehearse import Place, Rehearsed
    from compliance.systems import Policies


class NotKept(ComplianceError):
    """What was applied did not make the estate as declared, so it was taken back."""

    exit_code = 6


def rehearse(parsed: argparse.Namespace) -> int:
    """Show that a plan does what it says and can be taken back; without that nobody may approve it."""
    from compliance.executor import plan as plans

    plan = plans.read(Path(parsed.plan))
    with opened_change(parsed) as (change, policies):
        found, entry = rehearsed(change, policies, plan, place=parsed.on, key=parsed.key)
    value = {"plan": plan.digest, "entry": entry.hash, "signed": parsed.key is not None} | found.as_json()
    say_json(parsed, value, f"{told_rehearsal(found)}\nplan {plan.digest}")
    return 0


def rehearsed(
    change: Change, policies: Policies, plan: Plan, *, place: Place | None = None, key: str | None = None
) -> tuple[Rehearsed, Entry]:
    """Rehearse a plan, and remember what came of it. `key`: file of whoever signs it, and is its author."""
    from compliance.executor import keys
    from compliance.executor.approvals import remember_rehearsal
    from compliance.executor.rehearse import NotRestored, place_for
    from compliance.executor.rehearse import rehearse as run
    from compliance.executor.session import VerificationFailed

    signer = keys.load(Path(key)) if key else None
    where = place_for(plan, place)
    try:
        found = run(change, plan, where, policy=policy_of(policies, plan.compiled.system))
    except (NotRestored, VerificationFailed) as failed:
        result = {"result": "failed", "place": where, "why": failed.message}
        remember_rehearsal(plan, result, signer=signer, ledger=change.ledger, now=change.now)
        raise
    return found, remember_rehearsal(plan, found.as_json(), signer=signer, ledger=change.ledger, now=change.now)


def told_rehearsal(found: Rehearsed) -> str:
    """What a rehearsal came to, in lines."""
    rows = f"{found.created} created, {found.changed} changed, {found.removed} removed"
    if found.objects:
        rows += "; of the catalog " + ", ".join(f"{count} {how}" for how, count in found.objects.items())
    rows += ", then all as before"
    moved = "".join(f"\nsequence {name} moved: {a} -> {b}" for name, (a, b) in found.sequences.items())
    trails = "".join(f"\ntrail {name}: {count} row(s)" for name, count in found.trails.items())
    after = "".join(f"\nnot rehearsed: {line}" for line in found.after)
    return f"rehearsed on the {found.place}: {rows}{moved}{trails}{after}"


def apply(parsed: argparse.Namespace) -> int:
    """Apply a plan; then look again, and take it back where the estate is not as declared."""
    from compliance.executor import plan as plans

    plan = plans.read(Path(parsed.plan))
    with opened_change(parsed) as (change, policies):
        done = applied(change, policies, plan, dry_run=parsed.dry_run)
        report = _reported(change, done.receipt)
    return _told(parsed, "applied" if done.receipt else "would change", done, report, plan.compiled.notes)


def applied(change: Change, policies: Policies, plan: Plan, *, dry_run: bool = False) -> Applied:
    """Apply a plan and see that the estate is as declared, or raise with the change taken back."""
    from compliance.executor.apply import apply as run

    # Held until it is verified: nobody else changes the estate between a COMMIT and the look that judges it.
    with change.ledger.locked():
        policy = policy_of(policies, plan.compiled.system)
        waived = (
            _waived(change.estate, policies, plan) if policies.waivers.entries and not dry_run else frozenset()
        )
        done = run(change, plan, policy=policy, dry_run=dry_run)
        if done.receipt is not None:
            _verify(change, policies, plan, done.receipt, frozenset() if done.recovered else waived)
    return done


def _waived(estate: Estate, policies: Policies, plan: Plan) -> frozenset[str]:
    """The keys of what is found before the change and does not count: the change need not answer for that."""
    _, cases = _promised(estate, policies, plan)
    return frozenset(each.finding.key(case.rule.id) for case in cases for each in case.waived)


def _verify(change: Change, policies: Policies, plan: Plan, receipt: str, waived: frozenset[str]) -> None:
    """Raises `NotKept`, with the change taken back where that can be, or remembers that it was kept."""
    from compliance.executor.apply import remember_verified
    from compliance.executor.finishing import Unfinished
    from compliance.executor.rollback import rollback as take_back

    observation, broken, unasked = _not_kept(change.estate, policies, plan, waived)
    if not broken:
        remember_verified(change, plan, receipt, observation, unasked)
        return
    try:
        take_back(change, receipt, why="not kept")
    except Unfinished:
        raise
    except CouldNotLook as error:
        raise CouldNotLook(
            f"applied as receipt {receipt[:12]}, but neither verified nor taken back: {error.message}",
            remedy="give the same command again when the server can be reached: it looks, and finishes",
        ) from None
    except Refused as refused:
        raise NotKept(
            f"applied as receipt {receipt[:12]}, but the estate is not as declared, and it could not be taken back: "
            f"{refused.message}",
            lines=broken,
            remedy=f"put right what is listed; then give the same command again, or roll back {receipt[:12]}",
        ) from None
    raise NotKept(
        "applied, but the estate is not as declared, so it was taken back",
        lines=broken,
        remedy="put right what is listed, compile again, and review the new plan",
    )


def policy_of(policies: Policies, system: str) -> str:
    """Digest of the policy in force for a system."""
    try:
        return policies.digests[system]
    except KeyError:
        raise Refused(f"'{system}' is not in force on this estate") from None


def _promised(estate: Estate, policies: Policies, plan: Plan) -> tuple[str, list[Case]]:
    """A new look, its digest, and what the probes say of it that the plan promises."""
    from compliance import audit as job
    from compliance.estate.observe import observe
    from compliance.probing import Run

    found = observe(estate, policies.needs(), report=say)
    verdict = job.probe(Run(estate, policies, found), report=say, of=plan.compiled.system)
    return found.digest, [case for case in verdict.cases if job.promised(plan.compiled, case)]


def _not_kept(
    estate: Estate, policies: Policies, plan: Plan, waived: frozenset[str]
) -> tuple[str, list[str], dict[str, str]]:
    """The same probes again: the digest of the look, what they say against it, and what could not be asked."""
    digest, cases = _promised(estate, policies, plan)
    unasked = {
        f"{case.rule.id} {case.subject}": f"{case.outcome.replace('_', ' ')}: {case.reason}"
        for case in cases
        if case.outcome in ("not_applicable", "waived")
    }
    return digest, [line for case in cases for line in _against(case, waived)], unasked


def _against(case: Case, waived: frozenset[str]) -> list[str]:
    """What a case says against a change. A waiver is given for what is there, never for what a change brings."""
    where, rule = f"{case.rule.id} {case.subject}", case.rule.id
    said = case.reason or "; ".join(f.message for f in case.findings)
    return [
        *([f"{where}: {said}"] if case.outcome in ("broken", "could_not_look") else []),
        *(
            f"{where}: {each.finding.message}: {each.waiver} waives it, but it was not seen before this change"
            for each in case.waived
            if each.finding.key(rule) not in waived
        ),
    ]


def rollback(parsed: argparse.Namespace) -> int:
    """Take back what a receipt says was done; without a receipt: list them."""
    from compliance.executor.receipt import listed
    from compliance.executor.rollback import rollback as run

    with opened_change(parsed) as (change, _):
        if parsed.receipt is None:
            lines = listed(change.ledger)
            text = [f"{i.id}  {i.at}  {i.name}{'  (rolled back)' if i.taken_back else ''}" for i in lines]
            say_json(
                parsed, [line._asdict() for line in lines], "\n".join(text) or "this ledger holds no receipt"
            )
            return 0
        applied = run(change, parsed.receipt, dry_run=parsed.dry_run)
        if not parsed.dry_run:
            _reported(change, parsed.receipt)
    return _told(parsed, "would take back" if parsed.dry_run else "taken back", applied)


def _reported(change: Change, receipt: str | None) -> Path | None:
    """The execution report beside the ledger; what was done is done, also where nobody can write that down."""
    from compliance.executor import report
    from compliance.executor.receipt import find

    if receipt is None:
        return None
    try:
        return report.write(change.ledger, find(change.ledger, receipt))
    except OSError:
        return None


def _told(
    parsed: argparse.Namespace,
    what: str,
    applied: Applied,
    report: Path | None = None,
    notes: Mapping[str, str] = {},
) -> int:
    text, value = told(what, applied)
    lines = text.splitlines()
    told_too = [f"{name}: {said}" for name, said in sorted(notes.items())]
    lines[1:1] = [*told_too, *([f"report {report}"] if report else [])]  # the receipt stays last, for scripts
    more = ({"report": str(report)} if report else {}) | ({"notes": dict(notes)} if notes else {})
    say_json(parsed, value | more, "\n".join(lines))
    return 0


def told(what: str, applied: Applied) -> tuple[str, dict[str, Any]]:
    """What became of a change, for a person and for a program."""
    from compliance.executor import finishing

    rows, objects = (
        {how: len(names) for how, names in found.items()}
        for found in (applied.effect.rows, applied.effect.objects)
    )
    receipt = applied.receipt
    value = {"receipt": receipt, "dry_run": receipt is None, "recovered": applied.recovered, "rows": rows,
             "trails": applied.trails} | ({"called": applied.called} if applied.called else {})  # fmt: skip
    value |= {"objects": objects} if any(objects.values()) else {}
    found = [f"{count} row(s) {how}" for how, count in rows.items() if count]
    found += [f"{count} catalog fact(s) {how}" for how, count in objects.items() if count]
    counts = ", ".join(found) or "no row"
    again = " (by an earlier run, which was interrupted)" if applied.recovered else ""
    tail = f"\nreceipt {receipt[:12]}" if receipt and what == "applied" else ""
    after = "".join(f"\n{line}" for line in finishing.told(applied.called))
    return f"{what}: {counts}{again}{after}{tail}", value


def commit(parsed: argparse.Namespace) -> int:
    """Commit a plan's files into the governed repository, and nothing else that lies there."""
    from compliance.executor import plan as plans
    from compliance.executor.commit import commit as run

    plan = plans.read(Path(parsed.plan))
    with opened_change(parsed) as (change, _):
        found = run(change, plan)
    text = f"committed {found.revision[:12]} on {found.branch}: {found.folder}"
    say_json(parsed, found._asdict() | {"plan": plan.digest}, text)
    return 0
