"""The commands that change an estate, or decide who may: plan, keys, rehearse, approve, apply, rollback, ledger."""

from __future__ import annotations

import json
from base64 import b64decode
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.errors import ComplianceError, ConfigurationError, CouldNotLook, Refused
from compliance.talking import done, say, write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from compliance.estate.config import Estate
    from compliance.executor.apply import Applied, Change
    from compliance.executor.ledger import Ledger
    from compliance.executor.plan import Approvable, Plan
    from compliance.systems import Policies
    from compliance.systems.platform.execution import Key


class NotKept(ComplianceError):
    """What was applied did not make the estate as declared, so it was taken back."""

    exit_code = 6


@contextmanager
def _estate(parsed: argparse.Namespace) -> Iterator[tuple[Estate, Policies]]:
    from compliance import probing
    from compliance.estate.observe import embedded_or_nothing

    estate, policies = probing.load(probing.estate_file(parsed.estate))
    with embedded_or_nothing(estate) as running:
        yield running, policies


@contextmanager
def _change(parsed: argparse.Namespace) -> Iterator[tuple[Change, Policies]]:
    from compliance.executor.apply import Change

    with _estate(parsed) as (estate, policies):
        yield Change(estate, policies["platform"].execution, _ledger(estate), datetime.now(UTC), say), policies


def _ledger(estate: Estate) -> Ledger:
    from compliance.executor.ledger import Ledger

    if estate.ledger is None:
        raise ConfigurationError(
            f"estate '{estate.name}' has no ledger",
            remedy="set ledger in estate.yaml to a folder that outlives the database",
        )
    return Ledger(estate.ledger)


def _say_json(parsed: argparse.Namespace, value: Any, text: str) -> None:
    done()
    write(canonical.pretty(value) if parsed.json else text)


def plan_show(parsed: argparse.Namespace) -> int:
    """Print what a person has to know of a plan; its files are checked on the way."""
    from compliance.executor import plan as plans

    plan = plans.read(Path(parsed.plan))
    _say_json(
        parsed,
        plan.content | {"digest": plan.digest},
        f"plan {plan.digest}\n\n{plan.files['REVIEW.md'].decode()}",
    )
    return 0


def plan_diff(parsed: argparse.Namespace) -> int:
    """Print what differs between two plans; exit 1 where something does."""
    from compliance.executor import plan as plans
    from compliance.executor.review import differences

    old, new = (plans.read(Path(place)) for place in (parsed.old, parsed.new))
    found = differences(old, new)
    value = {"old": old.digest, "new": new.digest, "differences": found}
    _say_json(parsed, value, "\n".join(found) or "the same plan")
    return 1 if found else 0


def keys_new(parsed: argparse.Namespace) -> int:
    """Make a key: the private half into a file of its own, the public half as a line for platform.yaml."""
    from compliance.executor import keys

    path = Path(parsed.file)
    public = keys.new(path)
    name = parsed.name or path.stem
    line = f"{name}: {{public: {public}, may: [execute, rollback]}}"
    text = f"private key  {path}\nfor execution.keys in platform.yaml, once you are reviewed:\n  {line}"
    _say_json(parsed, {"file": str(path), "name": name, "public": public}, text)
    return 0


def rehearse(parsed: argparse.Namespace) -> int:
    """Show that a plan does what it says and can be taken back; without that nobody may approve it."""
    from compliance.executor import keys
    from compliance.executor import plan as plans
    from compliance.executor.approvals import remember_rehearsal
    from compliance.executor.rehearse import NotRestored, place_for
    from compliance.executor.rehearse import rehearse as run
    from compliance.executor.session import VerificationFailed

    plan = plans.read(Path(parsed.plan))
    signer = keys.load(Path(parsed.key)) if parsed.key else None
    with _change(parsed) as (change, policies):
        place = place_for(plan, parsed.on)
        try:
            found = run(change, plan, place, policy=_policy(policies, plan.compiled.system))
        except (NotRestored, VerificationFailed) as failed:
            result = {"result": "failed", "place": place, "why": failed.message}
            remember_rehearsal(plan, result, signer=signer, ledger=change.ledger, now=change.now)
            raise
        entry = remember_rehearsal(plan, found.as_json(), signer=signer, ledger=change.ledger, now=change.now)
    value = {"plan": plan.digest, "entry": entry.hash, "signed": signer is not None} | found.as_json()
    rows = f"{found.created} created, {found.changed} changed, {found.removed} removed, then all as before"
    moved = "".join(f"\nsequence {name} moved: {a} -> {b}" for name, (a, b) in found.sequences.items())
    trails = "".join(f"\ntrail {name}: {count} row(s)" for name, count in found.trails.items())
    _say_json(parsed, value, f"rehearsed on the {found.place}: {rows}{moved}{trails}\nplan {plan.digest}")
    return 0


def approve(parsed: argparse.Namespace) -> int:
    """Sign that a plan may be executed (or tested, rolled back, committed) until a time."""
    from compliance.executor import approvals, keys

    signer = keys.load(Path(parsed.key))
    with _change(parsed) as (change, _):
        plan = _plan_or_receipt(parsed, change.ledger)
        entry = approvals.approve(
            plan, capability=parsed.capability, signer=signer, reason=parsed.reason, expires=parsed.expires,
            now=change.now, execution=change.execution, ledger=change.ledger,
        )  # fmt: skip
    value = {"plan": plan.digest, "capability": parsed.capability, "entry": entry.hash}
    _say_json(parsed, value, f"approved: {parsed.capability} of plan {plan.digest[:12]} for {parsed.expires}")
    return 0


def _plan_or_receipt(parsed: argparse.Namespace, ledger: Ledger) -> Approvable:
    """The way back may be approved when the plan itself is gone, as it is after the audit that found all in order."""
    from compliance.executor import plan as plans
    from compliance.executor.receipt import find

    place = Path(parsed.plan)
    return (
        find(ledger, parsed.plan)
        if parsed.capability == "rollback" and not place.exists()
        else plans.read(place)
    )


def apply(parsed: argparse.Namespace) -> int:
    """Apply a plan; then look again, and take it back where the estate is not as declared."""
    from compliance.executor import plan as plans
    from compliance.executor.apply import apply as run

    plan = plans.read(Path(parsed.plan))
    # Held until it is verified: nobody else changes the estate between a COMMIT and the look that judges it.
    with _change(parsed) as (change, policies), change.ledger.locked():
        policy = _policy(policies, plan.compiled.system)
        applied = run(change, plan, policy=policy, dry_run=parsed.dry_run)
        if applied.receipt is None:
            return _told(parsed, "would change", applied)
        _verify(change, policies, plan, applied.receipt)
    return _told(parsed, "applied", applied)


def _verify(change: Change, policies: Policies, plan: Plan, receipt: str) -> None:
    """Raises `NotKept`, with the change taken back where that can be, or remembers that it was kept."""
    from compliance.executor.apply import remember_verified
    from compliance.executor.rollback import rollback as take_back

    observation, broken = _not_kept(change.estate, policies, plan.compiled.system)
    if not broken:
        remember_verified(change, plan, receipt, observation)
        return
    listed = "\n".join(f"  - {line}" for line in broken)
    try:
        take_back(change, receipt, why="not kept")
    except CouldNotLook as error:
        raise CouldNotLook(
            f"applied as receipt {receipt[:12]}, but neither verified nor taken back: {error.message}",
            remedy="give the same command again when the server can be reached: it looks, and finishes",
        ) from None
    except Refused as refused:
        raise NotKept(
            f"applied as receipt {receipt[:12]}, but the estate is not as declared:\n{listed}\n"
            f"and it could not be taken back: {refused.message}",
            remedy=f"put right what is listed; then give the same command again, or roll back {receipt[:12]}",
        ) from None
    raise NotKept(
        f"applied, but the estate is not as declared, so it was taken back:\n{listed}",
        remedy="put right what is listed, compile again, and review the new plan",
    )


def _policy(policies: Policies, system: str) -> str:
    try:
        return policies.digests[system]
    except KeyError:
        raise Refused(f"'{system}' is not in force on this estate") from None


def _not_kept(estate: Estate, policies: Policies, system: str) -> tuple[str, list[str]]:
    """The same probes again, over a new look: its digest, and what they say against it."""
    from compliance import audit as job
    from compliance.estate.observe import observe
    from compliance.probing import Run

    found = observe(estate, policies.needs(), report=say)
    verdict = job.probe(Run(estate, policies, found), report=say)
    return found.digest, [
        f"{case.rule.id} {case.subject}: {case.reason or '; '.join(f.message for f in case.findings)}"
        for case in verdict.cases
        if case.rule.system in (system, "platform") and case.outcome in ("broken", "could_not_look")
    ]


def rollback(parsed: argparse.Namespace) -> int:
    """Take back what a receipt says was done; without a receipt: list them."""
    from compliance.executor.receipt import listed
    from compliance.executor.rollback import rollback as run

    with _change(parsed) as (change, _):
        if parsed.receipt is None:
            lines = listed(change.ledger)
            text = [f"{i.id}  {i.at}  {i.name}{'  (rolled back)' if i.taken_back else ''}" for i in lines]
            _say_json(
                parsed, [line._asdict() for line in lines], "\n".join(text) or "this ledger holds no receipt"
            )
            return 0
        applied = run(change, parsed.receipt, dry_run=parsed.dry_run)
    return _told(parsed, "would take back" if parsed.dry_run else "taken back", applied)


def _told(parsed: argparse.Namespace, what: str, applied: Applied) -> int:
    rows = {name: len(getattr(applied.effect, name)) for name in ("created", "changed", "removed")}
    receipt = applied.receipt
    value = {"receipt": receipt, "dry_run": receipt is None, "recovered": applied.recovered, "rows": rows,
             "trails": applied.trails}  # fmt: skip
    counts = ", ".join(f"{count} row(s) {name}" for name, count in rows.items() if count) or "no row"
    again = " (by an earlier run, which was interrupted)" if applied.recovered else ""
    tail = f"\nreceipt {receipt[:12]}" if receipt and what == "applied" else ""
    _say_json(parsed, value, f"{what}: {counts}{again}{tail}")
    return 0


def exercise(parsed: argparse.Namespace) -> int:
    """Make the calls of a system that have to be made to be seen; the next audit judges what they answered."""
    from compliance import audit as job
    from compliance import probing
    from compliance.executor.exercise import compiled
    from compliance.executor.exercise import exercise as run
    from compliance.systems import system

    with _change(parsed) as (change, policies):
        policy = _policy(policies, parsed.system)
        calls = system(parsed.system).exercises(policies[parsed.system])
        looked = probing.Run(change.estate, policies, probing.observed(change.estate, policies, say))
        plan = job.plan_of(looked, compiled(parsed.system, calls))
        place = job.write(looked, plan.compiled, Path(parsed.out))
        done()
        write_note = f"the calls are the plan {plan.digest[:12]} in {place}"
        try:
            entry = run(change, plan, calls, policy=policy)
        except Refused as refused:
            raise Refused(refused.message, remedy=f"{refused.remedy or 'see above'}; {write_note}") from None
    answers = [{"name": n, "answer": dict(said), "error": error} for n, _, said, error in entry.body["answers"]]
    lines = [f"{a['name']}: {a['error'] or canonical.dumps(a['answer']).decode()}" for a in answers]
    _say_json(parsed, {"plan": plan.digest, "entry": entry.hash, "answers": answers}, "\n".join(lines))
    return 0


def commit(parsed: argparse.Namespace) -> int:
    """Commit a plan's files into the governed repository, and nothing else that lies there."""
    from compliance.executor import plan as plans
    from compliance.executor.commit import commit as run

    plan = plans.read(Path(parsed.plan))
    with _change(parsed) as (change, _):
        found = run(change, plan)
    text = f"committed {found.revision[:12]} on {found.branch}: {found.folder}"
    _say_json(parsed, found._asdict() | {"plan": plan.digest}, text)
    return 0


def ledger_verify(parsed: argparse.Namespace) -> int:
    """Check every line of the ledger; exit 1 where one is not as it was written."""
    from compliance.executor.ledger import verify

    with _estate(parsed) as (estate, _):
        ledger = _ledger(estate)
        problems = verify(ledger.folder)
        count = 0 if problems else len(ledger.entries())
    value = {"ledger": str(ledger.folder), "entries": count, "problems": problems}
    _say_json(parsed, value, "\n".join(problems) or f"{count} entries, every one as it was written")
    return 1 if problems else 0


def ledger_show(parsed: argparse.Namespace) -> int:
    """Print what happened, oldest first."""
    with _estate(parsed) as (estate, policies):
        entries = _ledger(estate).entries()
    known = policies["platform"].execution.keys
    value = [{"at": e.at, "kind": e.kind, "entry": e.hash} | _gist(e.body, known) for e in entries]
    lines = [
        f"{e['at'][:19]}Z  {e['entry'][:12]}  {e['kind']:11}  {e['plan'][:12]:12}  {e['what']}" for e in value
    ]
    _say_json(parsed, value, "\n".join(line.rstrip() for line in lines) or "nothing happened yet")
    return 0


def _gist(body: dict[str, Any], known: Mapping[str, Key]) -> dict[str, str]:
    """The plan that an entry is about, and a word on it."""
    if "envelope" in body or "statement" in body:
        said = body.get("statement") or json.loads(b64decode(body["envelope"]["payload"]))
        about = said["predicate"]
        what = about.get("capability") or f"{about['result']} ({about.get('place', 'nowhere')})"
        return {"plan": about["plan"], "what": what + _signer(body.get("envelope"), known)}
    if isinstance(body.get("plan"), dict):
        return {"plan": body["plan"]["digest"], "what": f"{body['change']} {body['plan']['name']}"}
    return {"plan": "", "what": ""}


def _signer(envelope: Any, known: Mapping[str, Key]) -> str:
    from compliance.executor.attest import open_envelope

    if envelope is None:
        return ", unsigned"
    try:
        return f" by {open_envelope(envelope, known)[0]}"
    except Refused as refused:
        return f": {refused.message}"


def ledger_settle(parsed: argparse.Namespace) -> int:
    """Write down what became of an interrupted change that content alone could not tell."""
    from compliance.executor.recovery import settle_by_hand

    with _estate(parsed) as (estate, _):
        ledger = _ledger(estate)
        with ledger.locked():
            entry = settle_by_hand(
                ledger, parsed.intent, applied=parsed.become == "applied", reason=parsed.reason
            )
    value = {"kind": entry.kind, "entry": entry.hash, "intent": entry.body["intent"]}
    _say_json(parsed, value, f"{entry.kind} {entry.hash[:12]}")
    return 0
