"""How two sides differ, in words without values and without a time: a report that is written where anything does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.sync import trees
from compliance.sync.connectors import masking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from compliance.sync.connectors.protocol import Task

_ONE = {"servers": "server", "agents": "agent", "skills": "skill"}


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """A line for each thing that the sides do not agree on, in the order of names."""
    return [
        f"{_ONE.get(kind, kind)} `{name}`: {what}"
        for kind in sorted(ours.keys() | theirs.keys())
        for name, what in _of_kind(ours.get(kind, {}), theirs.get(kind, {}))
    ]


def _of_kind(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in theirs:
            yield name, "only in the document"
        elif name not in ours:
            yield name, "not in the document"
        elif not masking.same(ours[name], theirs[name]):
            yield name, f"differs in {', '.join(_places(ours[name], theirs[name]))}"


def _places(one: Any, other: Any, above: str = "") -> Iterator[str]:
    if not isinstance(one, dict) or not isinstance(other, dict):
        yield above
        return
    for key in sorted(one.keys() | other.keys()):
        at = f"{above}.{key}" if above else key
        if key not in one or key not in other:
            yield at
        elif not masking.same(one[key], other[key]):
            yield from _places(one[key], other[key], at)


def write(task: Task, place: Path, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
    """Where nothing differs it stays as the last drift left it, so that a second run changes nothing."""
    found = differences(ours, theirs)
    if task.dry_run or (not found and place.exists()):
        return
    lines = [f"- {line}" for line in found] or ["Nothing differs."]
    place.parent.mkdir(parents=True, exist_ok=True)
    trees.put(place, "\n".join([f"# Drift of {task.target}", "", *lines, ""]).encode(), 0o644)
