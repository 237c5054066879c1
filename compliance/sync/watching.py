"""The main tree while targets run: none may write there. A script finds it by an absolute path, not by its folder."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from threading import RLock
from typing import TYPE_CHECKING

from compliance.sync import repository
from compliance.sync.changes import listed
from compliance.sync.model import TargetFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compliance.sync.repository import Repository

SWITCHED = "another branch was checked out meanwhile: nothing may land on it"
_OWN = "refs/directional-sync/"
_Print = tuple[str, int, int]
_Span = tuple[int, int]
_COARSE = 20_000_000  # nanoseconds: the clock of a disk goes by ticks


class Watch:
    """What the main tree looks like, and who is at work or was since the last look. Whoever lands looks first: one look
    is enough for all that are to land. `blamed`: what is found, by target; found once, it is told once."""

    def __init__(self, found: Repository) -> None:
        self.root, self.found = found.root, found
        self.out = repository.checked_out(found)
        self.lock = RLock()
        self.working: dict[str, int] = {}
        self.ended: dict[str, _Span] = {}
        self.blamed: dict[str, str] = {}
        self.head, self.seen = self._look()
        self.refs = self._refs()

    @contextmanager
    def at_work(self, target: str) -> Iterator[None]:
        with self.lock:
            self.working[target] = time.time_ns()
        try:
            yield
        finally:
            with self.lock:
                self.ended[target] = (self.working.pop(target), time.time_ns())

    def look(self) -> None:
        """After entrypoints: is the main tree as it was? If not, who ran when it was changed?"""
        with self.lock:
            over = set(self.ended)
        moved, strays = self.since()
        refs = self._refs_since()
        with self.lock:
            spans = self.ended | {name: (start, time.time_ns()) for name, start in self.working.items()}
            self.ended = {name: span for name, span in self.ended.items() if name not in over}
        if moved or strays:
            switched = repository.checked_out(self.found) != self.out
            times = [] if moved else [self._when(path) for path in strays]
            suspects = sorted(n for n, span in spans.items() if _within(span, times)) or sorted(spans)
            for name in suspects:
                self.blamed[name] = _said(
                    moved, switched, strays, [other for other in suspects if other != name]
                )

        if refs:
            for name in sorted(spans):
                self.blamed.setdefault(
                    name, _of_refs(refs, [other for other in sorted(spans) if other != name])
                )

    def check(self, target: str) -> None:
        """What a look has found against it."""
        if target in self.blamed:
            raise TargetFailed(self.blamed[target])

    def _when(self, path: str) -> int:
        """When it was changed; of what is gone, when its folder was."""
        for place in (self.root / path, (self.root / path).parent):
            with suppress(OSError):
                return place.lstat().st_ctime_ns
        return 0

    def since(self) -> tuple[bool, list[str]]:
        """Since the last look: has HEAD moved, and which files changed?"""
        head, now = self._look()
        strays = sorted(p for p in now.keys() | self.seen.keys() if now.get(p) != self.seen.get(p))
        moved, self.head, self.seen = head != self.head, head, now
        return moved, strays

    def _refs_since(self) -> list[str]:
        before, self.refs = self.refs, self._refs()
        moved = (
            ref for ref in before.keys() | self.refs.keys() if before.get(ref, "") != self.refs.get(ref, "")
        )
        return sorted(
            ref for ref in moved if before.get(ref, "") is not None and self.refs.get(ref, "") is not None
        )

    def _refs(self) -> dict[str, str | None]:
        """Branches, tags and the like, which all worktrees share. Not those that a fetch moves or the runner itself;
        None: a branch that somebody has checked out, who may commit to it while this runs."""
        form = "--format=%(refname)%00%(objectname)%00%(worktreepath)"
        told = (line.split("\0") for line in repository.git(self.root, "for-each-ref", form).splitlines())
        ours = str(self.found.store)
        return {
            ref: commit if not place or place.startswith(ours) else None
            for ref, commit, place in told
            if not ref.startswith(("refs/remotes/", _OWN))
        }

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


def _within(span: _Span, times: Sequence[int]) -> bool:
    return any(span[0] - _COARSE <= each <= span[1] + _COARSE for each in times)


def _of_refs(refs: Sequence[str], others: Sequence[str]) -> str:
    beside = f" ({', '.join(others)} ran beside it)" if others else ""
    return (
        f"it made, moved or removed refs of the repository{beside}: {listed(refs)}; a worktree shares them: remove"
        " them with `git update-ref -d`, and work with branches in a clone of your own"
    )


def _said(moved: bool, switched: bool, strays: Sequence[str], others: Sequence[str]) -> str:
    beside = f" ({', '.join(others)} ran beside it)" if others else ""
    if switched:
        return f"{SWITCHED}{beside}"
    if moved:
        return f"the branch that is checked out moved while it ran{beside}"
    return f"it wrote to the main tree by an absolute path{beside}: {listed(strays)}; look with `git status`"
