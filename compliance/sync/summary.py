"""The summary of a run as JSON: the keys of the document's example ('Verification Report'), and what is needed beside.

It is written however the run ends, and counts what happened: before, failures were counted in a subshell and lost.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.estate import validating

if TYPE_CHECKING:
    from compliance.sync.model import Change, Checked, Outcome, Run

SCHEMA = Path(__file__).with_name("summary.schema.json")
_LONGEST = 20_000  # signs of a diff or of what a command said: its end is in the log


def document(run: Run) -> dict[str, Any]:
    """Checked against its schema: what reads it may rely on that."""
    told = built(run)
    _validator().validate(told)
    return told


def built(run: Run) -> dict[str, Any]:
    results = [result(outcome) for outcome in run.outcomes]
    checks = [*run.checks, *(check for outcome in run.outcomes for check in outcome.checks)]
    return {
        "timestamp": run.timestamp,
        "total_targets": len(results),
        "successful": sum(each["success"] for each in results),
        "failed": sum(not each["success"] for each in results),
        "total_duration": round(run.duration, 3),
        "results": results,
        "dry_run": run.options.dry_run,
        "interrupted": run.interrupted,
        "skipped": sum(check.skipped is not None for check in checks),
        "checks": [_check(check) for check in run.checks],
        "notifications": [each._asdict() for each in run.notified],
    }


@lru_cache(maxsize=1)
def _validator() -> Any:
    return validating.validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def result(outcome: Outcome) -> dict[str, Any]:
    return {
        "target": outcome.target,
        "direction": outcome.direction,
        "success": outcome.success,
        "message": _text(outcome.message) or ("done" if outcome.success else "failed"),
        "duration": round(outcome.duration, 3),
        "outputs_created": [_text(path) for path in outcome.outputs_created],
        "verification_passed": outcome.verification_passed,
        "dry_run": outcome.dry_run,
        "ran": outcome.ran,
        "repository": outcome.repository,
        "commit": outcome.commit,
        "changed": [_change(change) for change in outcome.changed],
        "checks": [_check(check) for check in outcome.checks],
        "skipped": sum(check.skipped is not None for check in outcome.checks),
        "drift": [_text(line) for line in outcome.drift],
        "incomplete": [_text(line) for line in outcome.incomplete],
        "idempotent": outcome.idempotent,
        "diff": _text(outcome.diff)[:_LONGEST],
        "output": _text(outcome.output)[-_LONGEST:],
    }


def _change(change: Change) -> dict[str, Any]:
    return {"path": _text(change.path), "change": change.change}


def _check(check: Checked) -> dict[str, Any]:
    return {
        "kind": check.kind,
        "name": _text(check.name),
        "passed": check.passed,
        "skipped": check.skipped,
        "detail": _text(check.detail)[-_LONGEST:],
        "value": check.value,
    }


def _text(text: str) -> str:
    """A name that is not UTF-8 would make a JSON that others refuse."""
    return text.encode("utf-8", "backslashreplace").decode()
