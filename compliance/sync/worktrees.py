"""Throw-away worktrees: every target runs in one, in a dry run and in a real one, so that what fails leaves nothing."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from compliance.core.errors import Refused
from compliance.sync.folders import Folders
from compliance.sync.process import MARK
from compliance.sync.repository import GitFailed, git

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from compliance.sync.repository import Repository

_NAME = "directional-sync-"  # git keeps its notes on a worktree under the name of its folder
QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false")
_THROWN = ("-c", "core.fsync=none")  # a worktree need not outlive a loss of power
_SMALL, _OFTEN = 256 * 1024, 2  # bytes of git's index; targets of one worktree

# git reads its notes on all worktrees when it makes one, and stumbles over those that another is making or removing.
_ALONE = Lock()


class Tree:
    """One worktree, for one target after the other. `scratch`: a folder beside it for files of the protocol."""

    def __init__(self, repository: Repository, number: int) -> None:
        self.repository, self.number = repository, number
        self.path = repository.store / "worktrees" / f"{_NAME}{number}"
        self.marked = {MARK: f"{repository.store}:"}  # so that the next run finds a git that outlives this one
        self.scratch = repository.store / "scratch" / str(number)
        self.head: str | None = None
        self.dirty = False
        self.folders: Folders | None = None
        self.uses = 0

    @property
    def notes(self) -> Path:
        """What git keeps of it."""
        return self.repository.store.parent / "worktrees" / self.path.name

    def known(self) -> Folders | None:
        """The names that are in it, as they were checked out: to be asked for before a target begins. None where to
        learn them takes longer than it saves."""
        index = self.notes / "index"
        if self.folders is None and (self.uses > _OFTEN or index.stat().st_size < _SMALL):
            self.folders = Folders(self.path, index, self.scratch, self.marked)
        return self.folders

    def prepare(self, commit: str) -> None:
        """As a fresh checkout of the commit: nothing untracked, nothing ignored, an empty scratch folder."""
        self.uses += 1
        if not _is_empty(self.scratch):
            _remove(self.scratch)
            self.scratch.mkdir(parents=True)
        if self.head is not None and self._cleaned(commit):
            return
        self.remove()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.scratch.mkdir(parents=True, exist_ok=True)
        words = ("worktree", "add", "--quiet", "--force", "--detach", str(self.path), commit)
        try:
            with _ALONE:
                git(self.repository.root, *QUIET, *_THROWN, *words, env=self.marked)
        except GitFailed as error:
            self.remove()
            raise Refused(f"no worktree to run in: {error.said.splitlines()[-1]}") from None
        self.head, self.dirty = commit, False

    def _cleaned(self, commit: str) -> bool:
        """Whatever a target did to it that git cannot mend, a new one does."""
        known = self.folders if self.head == commit else None
        self.dirty = self.dirty or not (known is None or known.settled())
        try:
            if self.dirty or self.head != commit:
                git(self.path, *QUIET, *_THROWN, "reset", "--quiet", "--hard", commit, env=self.marked)
            if self.dirty:
                git(self.path, *QUIET, "clean", "-ffdxq", env=self.marked)
        except (GitFailed, OSError):
            return False
        if self.dirty and known is not None and not known.settled(reset=True):
            return False  # as with a pipe, which git takes for nothing
        if known is None:
            self._forget()
        elif not known.tried:
            with suppress(GitFailed, OSError):  # then it is as slow as before
                known.notice(git(self.path, "ls-files", "-z").split("\0")[:-1])
        self.head, self.dirty = commit, False
        return True

    def _forget(self) -> None:
        if self.folders is not None:
            self.folders.close()
        self.folders = None

    def take_back(self, added: Iterable[str]) -> None:
        """Files that a target made here and that are nowhere in the commit, with the folders that they leave empty."""
        for path in added:
            place = self.path / path
            place.unlink(missing_ok=True)
            for folder in place.parents:
                if folder == self.path:
                    break
                try:
                    folder.rmdir()
                except OSError:
                    break

    def remove(self) -> None:
        self.head = None
        self._forget()
        _remove(self.path)
        _remove(self.scratch)
        with _ALONE:
            _remove(self.notes)


def clear(repository: Repository) -> None:
    """Take away what a run that was killed has left."""
    for name in ("worktrees", "scratch"):
        _remove(repository.store / name)
    for note in (repository.store.parent / "worktrees").glob(f"{_NAME}*"):
        _remove(note)  # `git worktree prune` would take those too that stand on a disk that is away


def _is_empty(folder: Path) -> bool:
    """A folder that may be used, and nothing in it; a link to one is none."""
    try:
        mine = os.access(folder, os.R_OK | os.W_OK | os.X_OK) and not folder.is_symlink()
        return mine and not os.listdir(folder)  # noqa: PTH208 - names alone
    except OSError:
        return False


def _remove(folder: Path) -> None:
    """Also folders that somebody has closed to himself."""
    if folder.is_symlink():
        folder.unlink()
        return
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        return
    for place in (folder, *folder.rglob("*")):
        with suppress(OSError):
            if place.is_dir() and not place.is_symlink():
                place.chmod(stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)
