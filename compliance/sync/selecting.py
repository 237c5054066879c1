"""Which targets a run is about: document 003, 'CLI Commands'."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from compliance.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compliance.systems.directional_sync.syncfile import Direction, SyncFile, Target


def select(file: SyncFile, patterns: Sequence[str], direction: Direction | None) -> tuple[Target, ...]:
    """Each after what it depends on, else in the order of the file. Whoever names something that is not there is told
    so: a run of nothing would look like one that went well."""
    chosen = [t for t in file.ordered() if direction is None or t.direction == direction]
    if not chosen:
        raise ConfigurationError(f"{file.document.path}: no target is a {direction}", remedy=_listed(file))
    if not patterns:
        return tuple(chosen)
    for pattern in patterns:
        if not any(fnmatchcase(target.name, pattern) for target in chosen):
            raise ConfigurationError(_missing(file, pattern, direction), remedy=_listed(file))
    return tuple(t for t in chosen if any(fnmatchcase(t.name, pattern) for pattern in patterns))


def _missing(file: SyncFile, pattern: str, direction: Direction | None) -> str:
    """Of a name that is there, but another direction, the direction is what is wrong."""
    if any(fnmatchcase(name, pattern) for name in file.targets):
        return f"--target {pattern}: no target of that name is a {direction}"
    what = "no target matches" if any(sign in pattern for sign in "*?[") else "unknown target"
    return f"--target {pattern}: {what} in {file.document.path}"


def _listed(file: SyncFile) -> str:
    return "there are: " + ", ".join(f"{t.name} ({t.direction})" for t in file.targets.values())
