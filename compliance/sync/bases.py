"""Whose outputs may meet those of another target: those begin from all that has landed, the others need not."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from compliance.systems.directional_sync import globs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.systems.directional_sync.syncfile import Target


def apart(targets: Iterable[Target]) -> frozenset[str]:
    """Names of pulls that depend on nothing and write where no other does: what they begin from is the same whether
    another has landed or not, so that their worktree need not be moved for it."""
    listed = list(targets)
    at: defaultdict[str, set[str]] = defaultdict(set)
    below: defaultdict[str, set[str]] = defaultdict(set)
    for target in listed:
        for place in _places(target):
            at[place].add(target.name)
            for folder in _above(place):
                below[folder].add(target.name)
    return frozenset(
        target.name
        for target in listed
        if target.direction == "pull" and target.git_commit and not target.depends_on
        if all(len(below[place]) == 1 for place in _places(target))
        if all(at[folder] <= {target.name} for place in _places(target) for folder in _above(place))
    )


def _places(target: Target) -> list[str]:
    return [globs.normal(glob) if globs.plain(glob) else globs.base(glob) for glob in target.outputs]


def _above(place: str) -> Iterator[str]:
    """Itself, the folders that it is in, and the root."""
    while place:
        yield place
        place = place.rpartition("/")[0]
    yield ""
