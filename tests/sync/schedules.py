"""Sync files for tests of the workflow: names, schedules, and what differs from a small pull."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.estate import document
from compliance.systems.directional_sync import syncfile, syncreading, workflow_reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.systems.directional_sync.syncfile import SyncFile
    from compliance.systems.directional_sync.workflow_reading import Problem

# Document 003, 'Scheduled Runs'.
EIGHT = {
    "oca_repos": "0 2 * * *", "notion_field_docs": "0 3 * * *", "claude_config": "0 4 * * *",
    "apps_truth": "0 */6 * * *", "live_to_docs": "0 */12 * * *", "skillsmith_catalog": "0 5 * * 0",
    "notion_month_end": "0 1 1 * *", "notion_bir": "0 2 1 * *",
}  # fmt: skip


def of(times: Mapping[str, str | None], git: Any = None, workflow: Any = None, **keys: Any) -> SyncFile:
    """`keys`: of each target."""
    targets = {
        name: {
            "direction": "pull", "description": name, "entrypoint": f"scripts/{name}.sh",
            "outputs": [f"out/{name}/**"], **({} if when is None else {"schedule": when}), **keys,
        }
        for name, when in times.items()
    }  # fmt: skip
    value: dict[str, Any] = {"version": "1.0", "targets": targets}
    value |= {} if git is None else {"git": git}
    value |= {} if workflow is None else {"workflow": workflow}
    found = document.parsed(json.dumps(value), Path("sync.yaml"))
    return syncreading.parse(document.validated(found, syncfile.SCHEMA))


def workflow(script: str, crons: list[str], **step: Any) -> str:
    """One job with one step, in JSON, which is YAML."""
    run = {"name": "Run", "run": script, **step}
    triggers = {"schedule": [{"cron": cron} for cron in crons]} if crons else {"workflow_dispatch": {}}
    value = {"on": triggers, "jobs": {"sync": {"runs-on": "ubuntu-24.04", "steps": [run]}}}
    return json.dumps(value, indent=1)


def problems(text: str, found: SyncFile) -> list[Problem]:
    return workflow_reading.compare(workflow_reading.read(text), found)


def told(text: str, found: SyncFile) -> set[tuple[str, str]]:
    """Subject and facet of each problem."""
    return {(problem.subject, problem.facet) for problem in problems(text, found)}
