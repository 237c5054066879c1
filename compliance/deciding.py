"""The commands that decide what may be done, and read what was: plan, keys, approve, ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from compliance.opening import ledger_of, opened_change, opened_estate, say_json

if TYPE_CHECKING:
    import argparse

    from compliance.executor.ledger import Ledger
    from compliance.executor.plan import Approvable


def plan_show(parsed: argparse.Namespace) -> int:
    """Print what a person has to know of a plan; its files are checked on the way."""
    from compliance.executor import plan as plans

    plan = plans.read(Path(parsed.plan))
    say_json(
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
    say_json(parsed, value, "\n".join(found) or "the same plan")
    return 1 if found else 0


def keys_new(parsed: argparse.Namespace) -> int:
    """Make a key: the private half into a file of its own, the public half as a line for platform.yaml."""
    from compliance.executor import keys

    path = Path(parsed.file)
    public = keys.new(path)
    name = parsed.name or path.stem
    line = f"{name}: {{public: {public}, may: [execute, rollback]}}"
    text = (
        f"private key  {path}\nfor execution.keys in platform.yaml, once you are reviewed (`may` takes test-call,\n"
        f"commit and loosen too; who may loosen accepts what gates let pass):\n  {line}"
    )
    say_json(parsed, {"file": str(path), "name": name, "public": public}, text)
    return 0


def approve(parsed: argparse.Namespace) -> int:
    """Sign that a plan may be executed (or tested, rolled back, committed) until a time."""
    from compliance.executor import approvals, keys

    signer = keys.load(Path(parsed.key))
    with opened_change(parsed) as (change, _):
        plan = _plan_or_receipt(parsed, change.ledger)
        entry = approvals.approve(
            plan, capability=parsed.capability, signer=signer, reason=parsed.reason, expires=parsed.expires,
            now=change.now, execution=change.execution, ledger=change.ledger,
        )  # fmt: skip
    value = {"plan": plan.digest, "capability": parsed.capability, "entry": entry.hash}
    say_json(parsed, value, f"approved: {parsed.capability} of plan {plan.digest[:12]} for {parsed.expires}")
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


def ledger_verify(parsed: argparse.Namespace) -> int:
    """Check every line of the ledger; exit 1 where one is not as it was written."""
    from compliance.evidence import naming
    from compliance.executor.ledger import verify

    with opened_estate(parsed) as (estate, _):
        ledger = ledger_of(estate)
        problems = verify(ledger.folder)
        count = 0 if problems else len(ledger.entries())
        left = "" if problems else naming.told(ledger)
    value = {"ledger": str(ledger.folder), "entries": count, "problems": problems, "unfinished": left or None}
    text = "\n".join(problems) or f"{count} entries, every one as it was written"
    say_json(parsed, value, f"{text}\n{left}" if left else text)
    return 1 if problems else 0


def ledger_show(parsed: argparse.Namespace) -> int:
    """Print what happened, oldest first."""
    from compliance.executor.gist import gist

    with opened_estate(parsed) as (estate, policies):
        entries = ledger_of(estate).entries()
    known = policies["platform"].execution.keys
    value = [{"at": e.at, "kind": e.kind, "entry": e.hash} | gist(e.body, known) for e in entries]
    lines = [
        f"{e['at'][:19]}Z  {e['entry'][:12]}  {e['kind']:11}  {e['plan'][:12]:12}  {e['what']}" for e in value
    ]
    say_json(parsed, value, "\n".join(line.rstrip() for line in lines) or "nothing happened yet")
    return 0


def ledger_settle(parsed: argparse.Namespace) -> int:
    """Write down what became of an interrupted change that content alone could not tell."""
    from compliance.executor.recovery import settle_by_hand

    with opened_estate(parsed) as (estate, _):
        ledger = ledger_of(estate)
        with ledger.locked():
            entry = settle_by_hand(
                ledger, parsed.intent, applied=parsed.become == "applied", reason=parsed.reason
            )
    value = {"kind": entry.kind, "entry": entry.hash, "intent": entry.body["intent"]}
    say_json(parsed, value, f"{entry.kind} {entry.hash[:12]}")
    return 0
