"""What was fetched of a repository, kept between runs, so that an update brings only what is new.

A mirror is a bare repository of one commit without its history. It can be fetched anew at any time: one that is damaged
is, and it is replaced only once the new one is whole. A lock keeps two runs apart.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from compliance.sync.connectors.remotes import GitSaid, Remote, environment, git

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_HEAD = "refs/mirror/head"
_PACKS = 20  # so many fetches until a mirror is packed, and what is old thrown away


class Head(NamedTuple):
    """What the other side has: the commit, and the digest of all its files."""

    commit: str
    tree: str


class Mirror:
    """`branch`: None: the one that the other side has out; `seconds`: that a fetch may take."""

    def __init__(
        self, cache: Path, remote: Remote, branch: str | None, *, depth: int, seconds: float,
        given: Mapping[str, str],
    ) -> None:  # fmt: skip
        self.remote, self.branch, self.depth, self.seconds = remote, branch, depth, seconds
        self.name = name(remote, branch)
        self.path = cache / self.name
        self.env = environment(given, remote, seconds)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """For this process alone; so what a git that was killed has locked is nobody's."""
        with self.path.with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            shutil.rmtree(self._new, ignore_errors=True)
            for lock in self.path.glob("**/*.lock"):
                lock.unlink(missing_ok=True)
            yield

    @property
    def _new(self) -> Path:
        return self.path.with_suffix(".new")

    def update(self) -> Head:
        """What the other side has now. Raises `GitSaid`; then it is what it was."""
        if not (self.path / "HEAD").is_file():
            return self.renew()
        try:
            self._fetch(self.path)
        except GitSaid as error:
            if error.passing and "within" in str(error):
                raise
            if self._whole():
                raise
            return self.renew()
        if len(list(self.path.glob("objects/pack/*.pack"))) > _PACKS:
            git(self.path, ["gc", "--quiet", "--prune=now"], self.env, self.seconds)
        return self._head(self.path)

    def renew(self) -> Head:
        """Fetched from nothing, and only then in the place of what was there."""
        shutil.rmtree(self._new, ignore_errors=True)
        self._new.mkdir(parents=True)
        git(self._new, ["init", "--quiet", "--bare", "--template=", "."], self.env, self.seconds)
        self._fetch(self._new)
        head = self._head(self._new)
        shutil.rmtree(self.path, ignore_errors=True)
        self._new.rename(self.path)
        return head

    def read(self, *words: str) -> bytes:
        """What git says of what is in it."""
        return git(self.path, words, self.env, self.seconds)

    def _fetch(self, folder: Path) -> None:
        wanted = "HEAD" if self.branch is None else f"refs/heads/{self.branch}"
        words = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"]
        try:
            place = [f"--depth={self.depth}", "--", self.remote.url, f"+{wanted}:{_HEAD}"]
            git(folder, [*words, *place], self.env, self.seconds)
        except GitSaid as error:
            if "remote ref" in str(error):
                what = "it is empty" if self.branch is None else f"it has no branch '{self.branch}'"
                raise GitSaid(what, passing=False) from None
            raise

    def _head(self, folder: Path) -> Head:
        words = ["rev-parse", f"{_HEAD}^{{commit}}", f"{_HEAD}^{{tree}}"]
        return Head(*git(folder, words, self.env, self.seconds).decode().split())

    def _whole(self) -> bool:
        """Else it is what failed, and not the other side."""
        try:
            git(self.path, ["fsck", "--connectivity-only", "--no-dangling"], self.env, self.seconds)
        except GitSaid:
            return False
        return True


def name(remote: Remote, branch: str | None) -> str:
    """Of a mirror: of another address or branch it is another one."""
    return hashlib.sha256(f"{remote.url}\n{branch or ''}".encode()).hexdigest()[:32]


def drop_others(cache: Path, kept: set[str]) -> None:
    """Mirrors of what is not wanted any more."""
    for place in cache.iterdir():
        if place.suffix != ".lock" and place.stem not in kept:
            shutil.rmtree(place, ignore_errors=True)
