"""What a run that was killed has left: its processes are ended, both sides put back, a landing finished or undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.sync import backups, landing, process, worktrees

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.sync.repository import Repository


def settle(repository: Repository) -> Iterator[str]:
    """Under the lock, before anything else. Says what it did."""
    left = [
        *repository.store.glob("worktrees/*"),
        *repository.store.glob("scratch/*"),
        repository.store / "landing.json",
    ]
    if any(place.exists() for place in left):
        process.end_marked(f"{repository.store}:")
    for target, files in backups.restore_all(repository.store).items():
        yield f"{target}: a write-back was cut off; {len(files)} files outside of the repository were put back"
    if done := landing.settle(repository):
        yield f"an earlier run was cut off: {done}"
    worktrees.clear(repository)
