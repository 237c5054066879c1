"""The main tree while targets run: none may write there. A script finds it by an absolute path, not by its folder."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from threading import RLock
from typing import TYPE_CHECKING

from compliance.sync import repository
from compliance.sync.changes import listed
from compliance.sync.model import TargetFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.sync.repository import Repository

_Print = tuple[str, int, int]


class Watch:
    """What the main tree looks like, and who is at work. What is found once is told once."""

    def __init__(self, found: Repository) -> None:
        self.root = found.root
        self.out = repository.checked_out(found)
        self.lock = RLock()
        self.working: set[str] = set()
        self.head, self.seen = self._look()

    @contextmanager
    def at_work(self, target: str) -> Iterator[None]:
        with self.lock:
            self.working.add(target)
        try:
            yield
        finally:
            with self.lock:
                self.working.discard(target)

    def check(self, target: str) -> None:
        """After an entrypoint: is the main tree as it was?"""
        with self.lock:
            moved, strays = self.since()
            others = sorted(self.working - {target})
        beside = f" ({', '.join(others)} ran beside it)" if others else ""
        if moved:
            raise TargetFailed(f"the branch that is checked out moved while it ran{beside}")
        if strays:
            raise TargetFailed(
                f"it wrote to the main tree by an absolute path{beside}: {listed(strays)}; look with `git status`"
            )

    def since(self) -> tuple[bool, list[str]]:
        """Since the last look: has HEAD moved, and which files changed?"""
        head, now = self._look()
        strays = sorted(p for p in now.keys() | self.seen.keys() if now.get(p) != self.seen.get(p))
        moved, self.head, self.seen = head != self.head, head, now
        return moved, strays

    def landed(self) -> None:
        """The change was the runner's own."""
        with self.lock:
            self.head, self.seen = self._look()

    def _look(self) -> tuple[str, dict[str, _Print]]:
        told = repository.status(self.root)
        return told.head, {entry.path: (entry.code, *self._print(entry.path)) for entry in told.entries}

    def _print(self, path: str) -> tuple[int, int]:
        with suppress(OSError):
            info = (self.root / path).lstat()
            return info.st_mtime_ns, info.st_size
        return 0, 0
