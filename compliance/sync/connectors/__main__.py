"""A connector at work, in a process of its own: `python -m compliance.sync.connectors NAME`, started by the runner."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.core.errors import ComplianceError
from compliance.sync import trees
from compliance.sync.connectors.finding import load
from compliance.sync.connectors.protocol import TEMPORARY, Change, Failed, Merges, Pulls, Pushes, Task

if TYPE_CHECKING:
    from compliance.sync.connectors.protocol import Connector


def main(name: str) -> int:
    """The exit code: 1 where it failed, 75 where another time it may go well."""
    try:
        task = _task()
        _run(load(name), task)
        if place := task.given.get("SYNC_RESULT"):
            trees.put(Path(place), json.dumps(asdict(task.result)).encode())
    except Failed as error:
        sys.stderr.write(f"{error}\n")
        return TEMPORARY if error.passing else 1
    except ComplianceError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{error.filename or 'the system'}: {error.strerror or error}\n")
        return 1
    return 0


def _task() -> Task:
    given = os.environ
    return Task(
        given["SYNC_TARGET"], given["SYNC_DRY_RUN"] == "1", json.loads(given["SYNC_CONFIG"]), dict(given),
        tuple(json.loads(given["SYNC_OUTPUTS"])), Path.cwd(), lambda text: print(text, flush=True),  # noqa: T201
    )  # fmt: skip


def _run(connector: Connector, task: Task) -> None:
    direction, phase = task.given["SYNC_DIRECTION"], task.given.get("SYNC_PHASE")
    if direction == "pull" and isinstance(connector, Pulls):
        connector.pull(task)
    elif direction == "push" and isinstance(connector, Pushes):
        _push(connector, task)
    elif direction == "bidirectional" and isinstance(connector, Merges):
        if phase == "read":
            connector.read(task, Path(task.given["SYNC_OURS"]), Path(task.given["SYNC_THEIRS"]))
        else:
            connector.write(task, Path(task.given["SYNC_MERGED"]))


def _push(connector: Pushes, task: Task) -> None:
    """Each confirmation is on the disk before the next change is sent: a run that is killed has lost none."""
    listed = json.loads(Path(task.given["SYNC_INPUTS"]).read_bytes())
    place, confirmed = Path(task.given["SYNC_CONFIRMED"]), dict[str, str]()

    def confirm(path: str, id_: str) -> None:
        confirmed[path] = id_
        trees.put(place, json.dumps({"confirmed": confirmed}).encode())

    trees.put(place, json.dumps({"confirmed": confirmed}).encode())
    changes = [Change(each["path"], each["change"], each["sha256"]) for each in listed]
    connector.push(task, changes, confirm)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
