"""What git says of the files of a worktree: is it ignored, and what is it as a blob?

Two gits stay for that, one for each question. They read once what to ignore and how to convert, so they answer only as
long as nobody has touched that; else it is asked of a git of its own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from compliance.sync import repository
from compliance.sync.staying import Staying

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

IGNORING, CONVERTING = ".gitignore", ".gitattributes"
_FEW = 100  # paths: one after the other takes longer than to start another git
_IGNORED = ("check-ignore", "--no-index", "--stdin", "-z", "--verbose", "--non-matching")
_STORED = ("-c", "core.safecrlf=false", "hash-object", "-w", "--stdin-paths")


class Answers:
    """Of one worktree at one commit, for one thread at a time. `info`: where git keeps what it ignores and how it
    converts for all worktrees."""

    def __init__(self, tree: Path, info: Path, env: Mapping[str, str]) -> None:
        self.tree, self.info, self.env = tree, info, env
        self.gits: dict[tuple[str, ...], Staying] = {}
        self.read: tuple[int, ...] = ()

    def ignored(self, paths: Sequence[str], *, steady: bool) -> frozenset[str]:
        """Of paths that no commit has, those that git leaves out. `steady`: has nobody touched what says so?"""
        git = self._staying(_IGNORED, paths, steady=steady)
        if git is None:
            return repository.ignored(self.tree, paths)
        said = ((path, git.fields(os.fsencode(path) + b"\0", 4)) for path in paths)
        return frozenset(path for path, (source, _, rule, _) in said if source and not rule.startswith(b"!"))

    def stored(self, paths: Sequence[str], *, steady: bool) -> list[str]:
        """Their blobs, which are git's from now on."""
        git = self._staying(_STORED, paths, steady=steady)
        if git is None:
            return stored(self.tree, paths)
        return [git.line(os.fsencode(path) + b"\n").strip().decode() for path in paths]

    def close(self) -> None:
        while self.gits:
            self.gits.popitem()[1].close()

    def _staying(self, words: tuple[str, ...], paths: Sequence[str], *, steady: bool) -> Staying | None:
        now = tuple(_written(self.info / name) for name in ("exclude", "attributes"))
        if not steady or now != self.read:
            self.close()
            self.read = now
        if not steady or len(paths) > _FEW:
            return None
        if words not in self.gits or self.gits[words].over:
            self.gits[words] = Staying(*words, cwd=self.tree, env=self.env)
        return self.gits[words]


def stored(tree: Path, paths: Sequence[str]) -> list[str]:
    """The same by a git of its own."""
    given = b"".join(os.fsencode(path) + b"\n" for path in paths)
    return repository.git(tree, *_STORED, given=given).split() if paths else []


def _written(place: Path) -> int:
    try:
        return place.stat().st_mtime_ns
    except OSError:
        return 0
