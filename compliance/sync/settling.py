"""What a run that was killed has left: its processes are ended, both sides put back, a landing finished or undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.sync import backups, landing, process, worktrees

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.sync.repository import Repository


def settle(repository: Repository) -> Iterator[str]:
    """Under the lock, before anything else. Says what it did."""
    if any((repository.store / name).exists() for name in ("worktrees", "scratch", "landing.json")):
        process.end_marked(f"{repository.store}:")
    yield from backups.settle(repository.store)
    if done := landing.settle(repository):
        yield f"an earlier run was cut off: {done}"
    worktrees.clear(repository)
