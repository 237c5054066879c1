"""The commands that list waivers, for the gate of whoever owns them, and that propose new ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.core import canonical, expiring, moments, waivers
from compliance.core.errors import ConfigurationError
from compliance.talking import done, say, write

if TYPE_CHECKING:
    import argparse


def listed(parsed: argparse.Namespace) -> int:
    """All waivers and what they meet; 1 where one is itself a finding, 3 where it is not known what one meets."""
    from compliance import audit as job
    from compliance import probing

    recorded = Path(parsed.observation) if parsed.observation else None
    run = probing.look(probing.estate_file(parsed.estate), recorded, say, parsed.judged_at)
    job.probe(run, report=say)
    found = [
        expiring.described(met, run.judged_at)
        for met in run.waiving.met()
        if parsed.owner in (None, met.waiver.owner)
    ]
    warned = [each._asdict() for each in run.waiving.warnings()]
    done()
    if parsed.json:
        write(canonical.pretty({"judged_at": run.judged_at, "waivers": found, "warnings": warned}))
    else:
        write(
            "\n".join([*map(_line, found), *(f"warning: {each['message']}" for each in warned)]) or "no waivers"
        )
    return 1 if any(each["findings"] for each in found) else 3 if any(each["unseen"] for each in found) else 0


def _line(found: dict[str, Any]) -> str:
    why = [*found["findings"], *filter(None, (found["unseen"], found["not_applicable"]))]
    head = f"{found['id']}  {found['state']}  {found['finding']}"
    tail = f"owner {found['owner'] or '-'}, until {found['until'] or '-'}"
    return f"{head}  ({tail}, meets {len(found['meets'])} of {found['ceiling'] or '-'})" + "".join(
        f"\n    {line}" for line in why
    )


def draft(parsed: argparse.Namespace) -> int:
    """Entries for waivers.yaml, to be filled in: each ends on a day of its own."""
    from compliance import probing
    from compliance.waiving import refused

    _, policies = probing.load(probing.estate_file(parsed.estate))
    at = moments.now() if parsed.judged_at is None else moments.a_time(parsed.judged_at)
    if not 1 <= parsed.days <= 366:
        raise ConfigurationError("a waiver is drafted for 1 to 366 days")
    for key in parsed.keys:
        if why := waivers.unbounded(waivers.literally(key)) or refused(key.partition(":")[0]):
            raise ConfigurationError(
                f"'{key}': {why}", remedy="give a finding's key, as `compliance audit --json` has it"
            )
    days = expiring.spread(policies.waivers.entries, len(parsed.keys), parsed.days, at)
    names = {waiver.id for waiver in policies.waivers.entries}
    for key, day in zip(parsed.keys, days, strict=True):
        write(_entry(key, at[:10], day, names))
    return 0


def _entry(key: str, since: str, until: str, names: set[str]) -> str:
    """Without a reason, an owner and an approver it is incomplete, and waives nothing."""
    name = next(
        name for n in range(1, len(names) + 2) if (name := f"{key.partition(':')[0].lower()}-{n}") not in names
    )
    names.add(name)
    finding = canonical.dumps(waivers.literally(key)).decode()
    return (
        f"  - id: {name}\n    finding: {finding}\n    reason: \n    owner: \n    approver: \n"
        f"    from: {since}\n    until: {until}\n    ceiling: 1"
    )
