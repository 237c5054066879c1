"""`compliance sync drift TARGET`: how many things its two sides do not agree on, for a drift gate (document 003).

The document lets the entrypoint judge itself. This reads both sides anew, after whatever the target did, and counts.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.core.errors import ConfigurationError, CouldNotLook
from compliance.sync import connectors, environment, process, repository, wellformed
from compliance.sync.command import read
from compliance.sync.connectors import checking
from compliance.sync.repository import shown
from compliance.talking import write

if TYPE_CHECKING:
    import argparse

    from compliance.systems.directional_sync.syncfile import SyncFile, Target


def drift(parsed: argparse.Namespace) -> int:
    """0, whatever the score is: the gate judges it."""
    found = repository.find(Path.cwd())
    file = read(found, parsed.config)
    target = file.targets.get(parsed.name)
    if target is None:
        raise ConfigurationError(f"no target is called '{parsed.name}'", remedy="compliance sync --list")
    if target.direction != "bidirectional" or target.connector is None:
        raise file.document.error(
            f"{target.name}: only a bidirectional target with a connector can be asked for its drift", "targets",
            target.name, remedy="let the gate run a command of its own; an entrypoint would judge itself",
        )  # fmt: skip
    names = _differing(found, file, target)
    if parsed.json:
        write(json.dumps({"target": target.name, "drift_score": len(names), "drift": names}, indent=2))
    else:
        write("\n".join([*(f"differs: {shown(name)}" for name in names), f"drift_score={len(names)}"]))
    return 0


def _differing(found: repository.Repository, file: SyncFile, target: Target) -> list[str]:
    """Names that one side alone has, or that are not the same on both."""
    checking.check_filled(file, target, environment.expanded(file, target, os.environ))
    assert target.connector is not None
    with tempfile.TemporaryDirectory(prefix="sync-drift-") as folder:
        sides = [Path(folder) / name for name in ("ours", "theirs")]
        for side in sides:
            side.mkdir()
        mark = (
            f"{os.environ.get(process.MARK, '')}drift:{os.getpid()}:"  # begins as the one of the run around it
        )
        env = environment.of_target(file, target, os.environ, dry_run=True, mark=mark)
        env |= {"SYNC_PHASE": "read", "SYNC_OURS": str(sides[0]), "SYNC_THEIRS": str(sides[1])}
        env |= {"SYNC_CACHE": f"{folder}/cache", "SYNC_SCRATCH": f"{folder}/scratch"}
        command = connectors.command(target.connector)
        done = process.run(command, cwd=found.root, env=env, timeout=target.timeout)
        if done.code or done.timed_out:
            said = environment.redaction(file, os.environ)(done.tail)
            raise CouldNotLook(f"{target.name}: its sides cannot be read: {said or 'it took too long'}")
        ours, theirs = ({n: (side / n).read_bytes() for n in wellformed.files(side)} for side in sides)
    return sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
