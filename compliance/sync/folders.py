"""Which names a worktree has that its checkout did not give it: found without git, which looks through all of it anew.

A folder whose names change has another time afterwards. So of a worktree that is known, one look at the time of each
folder is enough; what is listed are those that changed. Where one serves for a second target, the system tells what
happens in it (`noticing`), and nothing else is looked at any more. What a name means (is it ignored?) remains git's to
say, and so does whether a file that was checked out has changed.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from compliance.sync import noticing
from compliance.sync.answering import Answers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from compliance.sync.noticing import Notices

_GIT = ".git"
_TRIES = 200  # milliseconds for the clock of the disk to go on; those of other systems may take longer
_Stamp = tuple[int, int, int, int]
_GONE: _Stamp = (0, 0, 0, 0)


class _Names(NamedTuple):
    """What a folder holds: files and links, folders, and what git takes for nothing, such as a pipe."""

    files: frozenset[str]
    folders: frozenset[str]
    others: frozenset[str]


class Folders:
    """Of one worktree, right after its checkout. `index`: git's own of that worktree; `clock`: a folder beside it whose
    time says what the clock of the disk shows.

    `stamps`: None where the folder changed in the same tick of that clock in which it was looked at, so that another
    change might not show; it is listed each time. `touched`: folders that were listed since; `made`: new ones.
    `asked`: of which new names git was asked, and which of them are `ignored`. `notices`: what happened since the last
    target began; none where all is looked at, also after it was `tried`.
    """

    def __init__(
        self, root: Path, index: Path, clock: Path, env: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.root, self.index, self.clock = str(root), index, clock
        self.answers = Answers(root, index.parents[2] / "info", env)
        self.names: dict[str, _Names] = {}
        self.stamps: dict[str, _Stamp | None] = {}
        self.touched: set[str] = set()
        self.made: set[str] = set()
        self.asked: frozenset[str] = frozenset()
        self.ignored: frozenset[str] = frozenset()
        self.notices: Notices | None = None
        self.tried = False
        self.staged = self._index()
        now = self._now()
        todo = [""]
        while todo:
            path = todo.pop()
            self.names[path], self.stamps[path] = self._looked_at(path, now)
            todo += [_joined(path, name) for name in self.names[path].folders]

    def new(self, within: Collection[str] = ("",)) -> list[str] | None:
        """Paths that are new in these folders; one that ends in `/` is a repository of its own, which is left closed.
        None where nobody could tell: git's index was written too, or a folder is closed."""
        if self.staged is None or self._stamp_of_index() != self.staged:
            return None
        if self.notices is not None and not self.notices.taken():
            return None
        found: list[str] = []
        try:
            for folder in within:
                found += self._below(folder) if folder in self.names else self._listed(self._known(folder))
        except OSError:
            return None
        return sorted(set(found))

    def notice(self, tracked: Iterable[str]) -> None:
        """Be told from now on; all is as it was checked out. Not where the names are others than git's, as those of a
        sparse checkout are."""
        self.tried = True
        files = {_joined(folder, name) for folder, names in self.names.items() for name in names.files}
        if files - {_GIT} == set(tracked):
            self.notices = noticing.begun(self.root, self.clock, files, self.names.keys())

    @property
    def head(self) -> str:
        """What git's notes on the worktree say is out: a commit, or that of which it is the name."""
        return (self.index.parent / "HEAD").read_text(encoding="utf-8", errors="replace").strip()

    def suspects(self) -> list[str] | None:
        """Files and folders of the checkout to which something happened; None where nobody could tell."""
        if self.notices is None or self.notices.lost:
            return None
        return sorted(path for path in self.notices.seen if path in self.names or self._has(path))

    def steady(self, named: str, new: Iterable[str]) -> bool:
        """Is no file of this name new, nor touched, nor a folder moved that may hold one? Only where that is known."""
        if self.notices is None or self.notices.lost:
            return False
        seen = self.notices.seen
        return not any(
            path.rpartition("/")[2] == named for path in (*seen, *new)
        ) and self.names.keys().isdisjoint(seen)

    def settled(self, *, reset: bool = False) -> bool:
        """Are all names again those of the checkout? Empty folders that are new are taken away. `reset`: git has put
        back the files, and written its index."""
        if (told := self._told()) is None:
            return False
        for path in sorted(self.made, reverse=True):
            with suppress(OSError):
                os.rmdir(self._at(path))  # noqa: PTH106 - many, as text
        self.made.clear()
        self.asked = self.ignored = frozenset()
        if reset:
            self.staged = self._index()
        now = self._now()
        for path in self.touched:
            try:
                names, stamp = self._looked_at(path, now)
            except OSError:
                return False
            if names != self.names[path]:
                return False
            self.stamps[path] = stamp
        self.touched.clear()
        return self._forgotten(told)

    def close(self) -> None:
        self.answers.close()
        if self.notices is not None:
            self.notices.close()

    def _told(self) -> frozenset[str] | None:
        """Where something happened, which means that folders have to be listed; None: nobody knows."""
        if self.notices is None:
            return frozenset()
        if not self.notices.taken():
            return None
        self.touched.update(self._happened())
        return frozenset(self.notices.seen)

    def _forgotten(self, told: frozenset[str]) -> bool:
        """All is as it was; what was put in the place of something is to be told of too."""
        if self.notices is None:
            return True
        folders = {each for path in told if path in self.names for each in self._within(path)}
        inner = (_joined(folder, name) for folder in folders for name in self.names[folder].files)
        self.notices.add(chain(filter(self._has, told), inner), folders)
        self.notices.seen -= told
        return not self.notices.lost

    def _happened(self) -> set[str]:
        """Folders whose names may be others: where it was told, and all below one that was taken away or moved."""
        assert self.notices is not None
        found = {self._known(path.rpartition("/")[0]) for path in self.notices.seen}
        return found.union(*(self._within(path) for path in self.notices.seen if path in self.names))

    def _has(self, path: str) -> bool:
        """Is it a file of the checkout?"""
        folder, _, name = path.rpartition("/")
        return folder in self.names and name in self.names[folder].files

    def _within(self, top: str) -> list[str]:
        start = f"{top}/" if top else ""
        return [path for path in self.names if path == top or path.startswith(start)]

    def _known(self, path: str) -> str:
        """The folder that was there and in which it, or what leads to it, is new."""
        while path not in self.names:
            path = path.rpartition("/")[0]
        return path

    def _below(self, top: str) -> Iterator[str]:
        """In a folder that was there, and in those below it."""
        if self.notices is None:
            suspects: Iterable[str] = self._within(top)
        else:
            start = f"{top}/" if top else ""
            suspects = sorted(path for path in self._happened() if path == top or path.startswith(start))
        lstat, root, stamps = os.lstat, self.root, self.stamps
        gone: set[str] = set()  # also a link may be there now: what stands behind it is no name of this folder
        for path in suspects:
            if path.rpartition("/")[0] in gone:
                gone.add(path)
                self.touched.add(path)
                continue
            try:
                now = _stamp(lstat(f"{root}/{path}"))
            except (FileNotFoundError, NotADirectoryError):
                now = _GONE
            if now[3] != stat.S_IFDIR:
                gone.add(path)
                self.touched.add(path)
            elif now != stamps[path]:
                yield from self._listed(path)

    def _listed(self, path: str) -> Iterator[str]:
        self.touched.add(path)
        before = self.names[path]
        try:
            now = _names(self._at(path))
        except (FileNotFoundError, NotADirectoryError):  # a file is there now, which is new in the folder above
            return
        if _GIT in (now.files | now.folders) - before.files:
            yield f"{path}/"
        yield from (_joined(path, name) for name in now.files - before.files if name != _GIT)
        for name in now.folders - before.folders - {_GIT}:
            yield from self._all(_joined(path, name))

    def _all(self, path: str) -> Iterator[str]:
        """In a folder that is new."""
        try:
            now = _names(self._at(path))
        except (FileNotFoundError, NotADirectoryError):
            return
        self.made.add(path)
        if _GIT in now.files | now.folders:
            yield f"{path}/"
            return
        yield from (_joined(path, name) for name in now.files)
        for name in now.folders:
            yield from self._all(_joined(path, name))

    def _looked_at(self, path: str, now: int) -> tuple[_Names, _Stamp | None]:
        """Its time first: what changes while it is listed shows the next time."""
        found = _stamp(os.lstat(self._at(path)))
        return _names(self._at(path)), found if found[2] < now else None

    def _index(self) -> _Stamp | None:
        """Waits until another write would have another time; None where the clock stands still."""
        for _ in range(_TRIES):
            found = self._stamp_of_index()
            if found is not None and found[2] < self._now():
                return found
            time.sleep(0.001)
        return None

    def _stamp_of_index(self) -> _Stamp | None:
        try:
            return _stamp(self.index.lstat())
        except OSError:
            return None

    def _now(self) -> int:
        """What the clock of the disk shows, which goes by ticks and need not be this machine's."""
        os.utime(self.clock)
        return self.clock.stat().st_ctime_ns

    def _at(self, path: str) -> str:
        return f"{self.root}/{path}" if path else self.root


def _stamp(info: os.stat_result) -> _Stamp:
    return info.st_ino, info.st_mtime_ns, info.st_ctime_ns, stat.S_IFMT(info.st_mode)


def _names(folder: str) -> _Names:
    files: list[str] = []
    folders: list[str] = []
    others: list[str] = []
    with os.scandir(folder) as found:
        for entry in found:
            plain = entry.is_symlink() or entry.is_file(follow_symlinks=False)
            kind = files if plain else folders if entry.is_dir(follow_symlinks=False) else others
            kind.append(entry.name)
    return _Names(frozenset(files), frozenset(folders), frozenset(others))


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
