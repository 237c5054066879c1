"""`compliance sync history`: which runs there were, what became of their targets, and how long those take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.core.errors import ConfigurationError
from compliance.sync import history, repository
from compliance.sync.repository import shown
from compliance.talking import write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from compliance.sync.history import Past, Stats

_LISTED = 20
DEFINITION = "nearest rank, of runs that went well; P50 needs 2 of them, P95 20, P99 100"


def show(parsed: argparse.Namespace) -> int:
    """0, also where there is none yet."""
    found = repository.find(Path.cwd())
    limit = parsed.limit or (None if parsed.stats else _LISTED)
    runs = history.read(found.root, None if parsed.target else limit)
    if parsed.target:
        runs = tuple(run for run in runs if history.chosen(run, parsed.target))[:limit]
        if not runs:
            raise ConfigurationError(
                f"--target {' '.join(parsed.target)}: no run in the history had such a target",
                remedy="list them: compliance sync history --stats",
            )
    if parsed.stats:
        _stats(history.stats(runs, parsed.target), as_json=parsed.json)
    elif parsed.json:
        write(json.dumps([_run(run, parsed.target) for run in runs], indent=2))
    else:
        write(_listing(runs, parsed.target))
    return 0


def _run(run: Past, patterns: Sequence[str]) -> dict[str, Any]:
    return {
        "run": run.id, "kind": run.kind, "rolls_back": run.rolls_back, "killed": run.killed, "by": run.by,
        "head": run.head, "commit": run.commit, **run.summary, "results": history.chosen(run, patterns),
    }  # fmt: skip


def _listing(runs: Sequence[Past], patterns: Sequence[str]) -> str:
    if not runs:
        return "no run is recorded yet"
    rows = [("run", "when", "ok", "failed", "commits", "seconds", "")]
    rows += [
        (
            run.id, run.when, str(run.summary["successful"]), str(run.summary["failed"]), str(run.commits),
            f"{run.summary['total_duration']:.1f}", note(run),
        )
        for run in runs
    ]  # fmt: skip
    head, *lines = table(rows, "<<>>>><")
    told = [head]
    for run, line in zip(runs, lines, strict=True):
        told.append(line)
        told += [_outcome(result) for result in history.chosen(run, patterns)] if patterns else []
    return "\n".join(told)


def note(run: Past) -> str:
    """What is special about it."""
    said = [f"rollback of {run.rolls_back}"] if run.rolls_back else []
    if run.killed:
        return ", ".join([*said, "cut off: recorded by the next run, as far as it is known"])
    return ", ".join(said + (["interrupted"] if run.summary["interrupted"] else []))


def _outcome(result: Mapping[str, Any]) -> str:
    commit = f", commit {shown(result['commit'][:10])}" if result["commit"] else ""
    word = "ok    " if result["success"] else "FAILED"
    message = " ".join(shown(line) for line in result["message"].split("\n"))
    return f"    {word} {shown(result['target'])}: {message}{commit} ({result['duration']:.1f} s)"


def table(rows: Sequence[Sequence[str]], sides: str) -> list[str]:
    """In columns, numbers to the right. Of a record that somebody else wrote no sign reaches a terminal as it is."""
    rows = [[shown(cell) for cell in row] for row in rows]
    widths = [max(len(row[n]) for row in rows) for n in range(len(sides))]
    return [
        "  ".join(
            f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _stats(found: Sequence[Stats], *, as_json: bool) -> None:
    if as_json:
        write(json.dumps({"percentiles": DEFINITION, "targets": [_figures(each) for each in found]}, indent=2))
        return
    if not found:
        write("no run is recorded yet")
        return
    rows = [("target", "runs", "failed", *(f"P{p}" for p in history.PERCENTILES))]
    rows += [
        (s.target, str(s.runs), str(s.failures), *(_seconds(s, p) for p in history.PERCENTILES)) for s in found
    ]
    write("\n".join([*table(rows, "<>>>>>"), f"seconds; {DEFINITION}"]))


def _figures(each: Stats) -> dict[str, Any]:
    told: dict[str, Any] = {
        "target": each.target, "runs": each.runs, "failures": each.failures, "samples": len(each.samples)
    }  # fmt: skip
    return told | {f"p{percent}": each.percentile(percent) for percent in history.PERCENTILES}


def _seconds(each: Stats, percent: int) -> str:
    found = each.percentile(percent)
    return f"{len(each.samples)} of {history.needed(percent)} runs" if found is None else f"{found:.3f}"
