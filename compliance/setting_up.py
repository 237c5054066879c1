"""`registry-sync setup`: compile the flows of the registry sync and bring them to an estate, in one command.

Document 000, 'DOT Tool'. Safe to give again: what is there keeps its id, what is right stays as it is, and at no moment
is a flow missing. Each part is the same code as the command of its name: compile, rehearse, apply.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance import changing
from compliance.core.errors import ConfigurationError, Refused
from compliance.opening import opened_change, say_json
from compliance.talking import done, say

if TYPE_CHECKING:
    import argparse

    from compliance.core.change import Compiled
    from compliance.executor.apply import Change
    from compliance.executor.plan import Plan
    from compliance.executor.receipt import Receipt
    from compliance.probing import Run
    from compliance.systems import Policies

SYSTEM = "registry_sync"
# Documents are moved first where they have to be; then the flows follow.
ROUNDS = 2
UNSIGNED = "nobody signed the rehearsal"


def setup(parsed: argparse.Namespace) -> int:
    """Set the flows up, or with `--dry-run` show what that would do."""
    parsed.estate = _estate_file(parsed)
    told: list[dict[str, Any]] = []
    with opened_change(parsed) as (change, policies):
        told += _resumed(parsed, change)
        for _ in range(ROUNDS):
            run, compiled = _compiled(change, policies)
            if not (compiled.steps or compiled.calls):
                break
            told.append(_brought(parsed, change, policies, run, compiled))
            if parsed.dry_run or compiled.kind != "preparation":
                break
    flows = policies[SYSTEM].flows.values()
    helpers = sum(flow.helper for flow in flows)
    counts = {"flows": len(flows) - helpers, "helpers": helpers}
    lines = [line for item in told for line in item["lines"]] or [
        f"all {counts['flows']} flows and {helpers} helper flows are as declared: nothing to do"
    ]
    changes = [{name: value for name, value in item.items() if name != "lines"} for item in told]
    say_json(parsed, {"dry_run": parsed.dry_run, "changes": changes, **counts}, "\n".join(lines))
    return 0


def _estate_file(parsed: argparse.Namespace) -> str | None:
    """`--local` and `--cloud` are estates of these names; a file of one that says another name is refused."""
    from compliance.estate import config

    if parsed.named and parsed.estate:
        raise ConfigurationError(
            f"--{parsed.named} and --estate both say which estate is meant", remedy="give one"
        )
    if not parsed.named:
        return str(parsed.estate) if parsed.estate else None
    file = Path(f"estate.{parsed.named}.yaml")
    if not file.exists():
        raise ConfigurationError(
            f"--{parsed.named}: there is no {file} in this folder",
            remedy=f"write one with `name: {parsed.named}` (`compliance init` writes a start), or use --estate FILE",
        )
    found = config.load(file)
    if found.name != parsed.named:
        raise ConfigurationError(
            f"{file} is of the estate '{found.name}', not of '{parsed.named}'", remedy="correct its name"
        )
    return str(file)


def _resumed(parsed: argparse.Namespace, change: Change) -> list[dict[str, Any]]:
    """What an earlier run has committed without what follows: to a look at the rows nothing is missing."""
    from compliance.executor.apply import resume, unfinished
    from compliance.executor.receipt import find

    if parsed.dry_run:
        open_ = unfinished(change.ledger, SYSTEM)
        line = "receipt {} is applied, but not finished; to finish it, the same command without --dry-run"
        return [_unfinished(open_[0], {"applied": False}, line.format(open_[0].id))] if open_ else []
    found = resume(change, SYSTEM)
    if found is None or found.receipt is None:
        return []
    text, told = changing.told("applied", found)
    return [_unfinished(find(change.ledger, found.receipt), {"applied": True, **told}, text)]


def _unfinished(receipt: Receipt, value: dict[str, Any], line: str) -> dict[str, Any]:
    content = receipt.content
    return {
        "kind": content["kind"],
        "title": content["title"],
        "plan": receipt.digest,
        **value,
        "lines": [line],
    }


def _compiled(change: Change, policies: Policies) -> tuple[Run, Compiled]:
    """What there is to do: a preparation where one is needed, else the migration."""
    from compliance import audit as job
    from compliance import probing

    changing.policy_of(policies, SYSTEM)
    run = probing.Run(change.estate, policies, probing.observed(change.estate, policies, say))
    verdict = job.probe(run, report=say, of=SYSTEM)
    return run, next(item for item in job.compile_system(run, verdict, SYSTEM) if item.kind != "seed")


def _brought(
    parsed: argparse.Namespace, change: Change, policies: Policies, run: Run, compiled: Compiled
) -> dict[str, Any]:
    """Rehearse a plan unless that was done, and apply it unless it is a dry run."""
    from compliance import audit as job
    from compliance.executor import plan as plans
    from compliance.executor.approvals import REMEDY

    place = job.write(run, compiled, Path(parsed.out))
    plan = plans.read(place)
    lines = [f"{compiled.kind}: {compiled.title}  {place}", *_rehearsed(parsed, change, policies, plan)]
    value = {"kind": compiled.kind, "title": compiled.title, "plan": plan.digest, "path": str(place)}
    if parsed.dry_run:
        lines.append("nothing was changed; to go on, the same command without --dry-run")
        return value | {"applied": False, "lines": lines}
    try:
        found = changing.applied(change, policies, plan)
    except Refused as refused:
        done()
        if refused.remedy == REMEDY:
            refused.remedy = _next(parsed, place, refused)
        raise
    text, told = changing.told("applied", found)
    return value | {"applied": True, **told, "lines": [*lines, text]}


def _rehearsed(parsed: argparse.Namespace, change: Change, policies: Policies, plan: Plan) -> list[str]:
    """Once is enough, and an approval is of the plan that was rehearsed."""
    from compliance.executor.approvals import rehearsed

    try:
        author = rehearsed(plan, change.ledger, change.execution)
    except Refused:
        author = None
    else:
        if author or not parsed.key:
            return [f"plan {plan.digest[:12]} was rehearsed before"]
    found, _ = changing.rehearsed(change, policies, plan, key=parsed.key)
    return [changing.told_rehearsal(found)]


def _next(parsed: argparse.Namespace, place: Path, refused: Refused) -> str:
    """The commands that the people have to give who make and who approve it."""
    estate = ["--estate", parsed.estate] if parsed.estate else []
    approve = shlex.join(["compliance", "approve", str(place), "--capability", "execute", *estate])
    unsigned = any(UNSIGNED in reason for reason in refused.reasons)
    first = "this again with --key FILE of whoever is its author, then " if unsigned else ""
    return f"{first}{approve} --key FILE --reason TEXT, then this again"
