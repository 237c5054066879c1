"""Runs of any time in the history of a sandbox, written as the runner writes its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.sync import recording, summary
from compliance.sync.model import Checked, Options, Outcome, Run
from compliance.sync.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.sync.sandbox import Sandbox

NASTY = "<script>alert(1)</script> & \"'"


def record(
    box: Sandbox, when: str, *outcomes: Outcome, schedules: Mapping[str, str] | None = None,
    checks: tuple[Checked, ...] = (), of: str | None = None,
) -> None:  # fmt: skip
    """One more, the newest."""
    store = box.root / ".git/directional-sync"
    store.mkdir(exist_ok=True)
    known = schedules or {}
    facts = {
        o.target: {"direction": o.direction, "schedule": known.get(o.target), "subject": "x"} for o in outcomes
    }
    head: dict[str, Any] = {
        "kind": "rollback" if of else "sync", "rolls_back": of, "by": {"user": "runner", "host": "ci", "ci": True},
        "head": "", "state": "", "targets": facts,
    }  # fmt: skip
    run = Run(when, sum(outcome.duration for outcome in outcomes), Options(), outcomes, checks)
    told = {**summary.built(run), "results": [recording._short(summary.result(each)) for each in outcomes]}
    recording._record(Repository(box.root, box.root / ".git", store), head, told, {}, killed=False)


def well(name: str, seconds: float = 1.0, **keys: Any) -> Outcome:
    return Outcome(name, "pull", True, "landed: 1 added", seconds, commit="ab" * 20, **keys)


def badly(
    name: str, message: str = "its entrypoint ended with 3", seconds: float = 1.0, **keys: Any
) -> Outcome:
    return Outcome(name, "pull", False, message, seconds, **keys)
