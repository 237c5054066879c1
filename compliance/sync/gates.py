"""The checks around a sync (document 003, 'Safety & Guardrails'): commands that have to end, or to count, as told.

What went wrong before: stubbed checks said 0 where 1 was expected, `drift_gates` were read by nothing, and what could
not be counted counted as 0. Here every check is run, in a dry run too, and a gate without a number has failed.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from compliance.core import redact
from compliance.sync.model import Checked
from compliance.systems.directional_sync.syncfile import Gate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from compliance.sync.model import CheckKind
    from compliance.sync.process import Completed, Execute
    from compliance.systems.directional_sync.syncfile import Check, Target

_SCORE = re.compile(r"drift_score\s*[=:]\s*(\S+)")
_TOOL = re.compile(r"([\w./+-]+)\W?: (?:command )?(?:not found|No such file)")
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)


def run(
    checks: Sequence[Check | Gate],
    target: Target,
    cwd: Path,
    execute: Execute,
    *,
    kind: CheckKind,
    ci: bool = False,
) -> tuple[Checked, ...]:
    """Each that concerns the target, one after the other; all of them, so that a person sees all that is wrong."""
    return tuple(judge(each, cwd, execute, kind=kind, ci=ci) for each in checks if each.concerns(target))


def judge(check: Check | Gate, cwd: Path, execute: Execute, *, kind: CheckKind, ci: bool = False) -> Checked:
    """Run one. `ci`: there a tool that is not installed is a failure, elsewhere the check is left out and told."""
    completed = execute(check.command.argv, cwd=cwd)
    wanted = 0 if isinstance(check, Gate) else check.expected_exit_code
    if reason := missing(completed, wanted):
        return Checked(kind, check.name, False, reason, None if ci else reason, None, check.line)
    if problem := ending(completed, wanted):
        return Checked(kind, check.name, False, problem, line=check.line)
    if not isinstance(check, Gate):
        return Checked(kind, check.name, True, f"ended with {completed.code}", line=check.line)
    value = number(completed.out)
    bound = problem_of(value, check.min_value, check.max_drift_score, low="min_value", high="max_drift_score")
    return Checked(kind, check.name, bound is None, bound or f"{value:g}", value=value, line=check.line)


def missing(completed: Completed, wanted: int) -> str | None:
    """The tool that the command needs and that is not there; a shell says so by 127, which may be what is wanted."""
    if not completed.missing or completed.timed_out or wanted == completed.code:
        return None
    lines = [line for line in completed.err.splitlines() if "not found" in line or "No such file" in line]
    name = _TOOL.search(lines[-1]) if lines else None
    return f"{name.group(1) if name else 'a command of it'} is not installed"


def ending(completed: Completed, wanted: int) -> str | None:
    """Why the way it ended is not the one that is wanted."""
    if completed.timed_out:
        return "did not end in its time"
    if completed.code == wanted:
        return None
    said = redact.text(completed.tail, None)
    return f"ended with {completed.code}, not {wanted}" + (f": {said}" if said else "")


def number(out: str) -> float | None:
    """`drift_score=N` where lines say so, the highest of them, else the last line; None where that is no number: it is
    never 0."""
    lines = [line.strip() for line in out.splitlines() if line.strip()]
    scores = [match.group(1) for line in lines if (match := _SCORE.match(line))]
    values = [float(text) if _NUMBER.fullmatch(text) else math.nan for text in scores or lines[-1:]]
    return max(values) if values and all(map(math.isfinite, values)) else None


def problem_of(
    value: float | None, least: float | None, most: float | None, *, low: str, high: str
) -> str | None:
    """Which bound is not kept, in the words of the configuration."""
    if value is None:
        return "printed no number: the last line has to be one, or some line `drift_score=N`"
    if least is not None and value < least:
        return f"{value:g} is below {low} {least:g}"
    if most is not None and value > most:
        return f"{value:g} is above {high} {most:g}"
    return None
