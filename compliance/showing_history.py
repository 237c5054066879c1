"""The command that compares the audits that are kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance import keeping
from compliance.core import canonical
from compliance.core.errors import ConfigurationError
from compliance.core.oneline import oneline
from compliance.talking import write

if TYPE_CHECKING:
    import argparse

    from compliance.core.history import Change, History

STATES = ("new", "unchanged", "reopened", "resolved", "unknown")


def history(parsed: argparse.Namespace) -> int:
    """All runs, or the life of one finding; 1 where a run differs from another over the same evidence."""
    path = Path(parsed.history)
    kept = keeping.read(path)
    if not kept.entries:
        raise ConfigurationError(
            f"{path}: no audit is kept there", remedy="run `compliance audit`, or name --history"
        )
    changes = list(kept.changes())
    if parsed.key is not None:
        return _life(parsed, kept, changes)
    shown = changes[-parsed.limit :] if parsed.limit else changes
    runs = [_told(change) for change in shown]
    write(
        canonical.pretty({"runs": runs})
        if parsed.json
        else "\n".join(line for run in runs for line in _lines(run))
    )
    return 1 if any(change.defect for change in shown) else 0


def _told(change: Change) -> dict[str, Any]:
    entry = change.entry
    return {
        "run": entry.run, "estate": entry.estate, "observed_at": entry.observed_at, "judged_at": entry.judged_at,
        "observation": entry.observation, "policy": entry.policy, "program": entry.program,
        "conclusion": entry.conclusion, "counts": dict(entry.counts), "waived": list(entry.waived),
        "first_seen": {key: known.at for key, known in change.first.items()}, "defect": list(change.defect),
        **{state: list(getattr(change, state)) for state in STATES},
    }  # fmt: skip


def _lines(run: dict[str, Any]) -> list[str]:
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in run["counts"].items() if count)
    states = ", ".join(f"{len(run[state])} {state}" for state in STATES if run[state]) or "nothing found"
    told = [f"{run['run']}  {run['conclusion']}: {counts}; {states}"]
    for state in ("new", "reopened", "resolved", "unknown"):
        for key in run[state]:
            since = f" (first seen {run['first_seen'][key]})" if state == "reopened" else ""
            told.append(f"  {state:9} {oneline(key)}{since}{', waived' if key in run['waived'] else ''}")
    return told + [f"  DEFECT    {oneline(line)}" for line in run["defect"]]


def _life(parsed: argparse.Namespace, kept: History, changes: list[Change]) -> int:
    """When it was first seen, resolved, reopened; waived or out of sight where that begins."""
    key, events, last = parsed.key, [], ""
    if (before := kept.known.get(key)) is not None:
        events.append({"run": before.run, "at": before.at, "what": "first seen"})
        last = "unchanged"
    for change in changes:
        what = next((state for state in STATES if key in getattr(change, state)), "")
        if key in change.entry.waived:
            what = f"{what}, waived"
        if what and what != last and (what != "unchanged" or last not in ("new", "reopened")):
            said = what.replace("new", "first seen").replace("unknown", "could not look")
            events.append({"run": change.entry.run, "at": change.entry.observed_at, "what": said})
        last = what or last
    if not events:
        raise ConfigurationError(
            f"'{key}' was found by no audit that is kept", remedy="give a key as `compliance history` lists it"
        )
    if parsed.json:
        write(canonical.pretty({"key": key, "events": events}))
    else:
        write("\n".join([oneline(key), *(f"  {each['at']}  {each['run']}  {each['what']}" for each in events)]))
    return 0
