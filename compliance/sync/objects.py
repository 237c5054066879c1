"""Commits made without a process each: two gits stay for the run, and answer for one object after the other.

What lands is small beside the repository. Of a tree only the folders that change are written anew, from what git said
of them before; git itself checks and stores every object.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from compliance.sync import quick
from compliance.sync.process import MARK
from compliance.sync.repository import GitFailed
from compliance.sync.staying import Staying

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from compliance.sync.committing import Entry
    from compliance.sync.repository import Repository

_FOLDER = b"40000"
_DRAFT = "object"  # beside the lock: what git is to store next
_KEPT = 4096  # folders whose content is remembered


class _Item(NamedTuple):
    mode: bytes
    oid: bytes


_Folder = dict[bytes, _Item]


class Objects:
    """For one thread. What cannot be made raises `GitFailed`; the next call begins with gits of its own."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.helpers: dict[str, Staying] = {}
        self.known: dict[str, _Folder] = {}

    @cached_property
    def settings(self) -> quick.Settings:
        return quick.settings(self.repository.root)

    def tree(self, commit: str, entries: Iterable[Entry]) -> str:
        """The tree of the commit with these changes."""
        changes = {os.fsencode(e.path): None if e.deleted else _item(e.mode, e.after) for e in entries}
        return self._changed(self._read(f"{commit}^{{tree}}"), changes) or self._write("tree", b"")

    def commit(self, tree: str, parent: str, who: Mapping[str, str], message: str) -> str:
        """As `git commit-tree` makes it; `who` as git takes it from the environment."""
        lines = [f"tree {tree}", f"parent {parent}"]
        for each in ("author", "committer"):
            name, email, date = (who[f"GIT_{each.upper()}_{what}"] for what in ("NAME", "EMAIL", "DATE"))
            lines.append(f"{each} {name} <{email}> {date.removeprefix('@')}")
        return self._write("commit", os.fsencode("\n".join([*lines, "", message])))

    def close(self) -> None:
        for helper in self.helpers.values():
            helper.close()
        self.helpers.clear()

    def _changed(self, folder: _Folder, changes: Mapping[bytes, _Item | None]) -> str | None:
        """What the folder becomes; None where nothing is left in it, since git keeps no empty ones."""
        found, deeper = dict(folder), _by_folder(changes)
        for name, item in changes.items():  # first what goes: a file may become a folder
            if item is None and b"/" not in name and name in found and found[name].mode != _FOLDER:
                del found[name]
        for name, inner in deeper.items():
            there = found.get(name)
            below = self._read(there.oid.hex()) if there and there.mode == _FOLDER else {}
            if not below and all(item is None for item in inner.values()):
                continue
            made = self._changed(below, inner)
            found.pop(name, None)
            if made is not None:
                found[name] = _Item(_FOLDER, bytes.fromhex(made))
        found |= {name: item for name, item in changes.items() if item is not None and b"/" not in name}
        return self._store(found) if found else None

    def _store(self, folder: _Folder) -> str:
        ordered = sorted(
            folder.items(), key=lambda pair: pair[0] + b"/" if pair[1].mode == _FOLDER else pair[0]
        )
        oid = self._write("tree", b"".join(b"%s %s\0%s" % (i.mode, name, i.oid) for name, i in ordered))
        self._remember(oid, folder)
        return oid

    def _remember(self, oid: str, folder: _Folder) -> None:
        if len(self.known) >= _KEPT:
            self.known.clear()
        self.known[oid] = folder

    def _read(self, name: str) -> _Folder:
        if name in self.known:
            return self.known[name]
        reader = self._helper("cat-file", "--batch")
        said = reader.line(name.encode() + b"\n").split()
        if len(said) != 3 or said[1] != b"tree":
            raise GitFailed(["cat-file"], f"no tree at {name}")
        data = reader.read(int(said[2]) + 1)[:-1]
        folder = _parsed(data, len(said[0]) // 2)
        self._remember(said[0].decode(), folder)
        return folder

    def _write(self, kind: str, data: bytes) -> str:
        (self.repository.store / _DRAFT).write_bytes(data)
        writer = self._helper("hash-object", "-t", kind, "-w", "--no-filters", "--stdin-paths")
        return writer.line(_DRAFT.encode() + b"\n").strip().decode()

    def _helper(self, *words: str) -> Staying:
        """The one that stays; another where it has ended, as it does when the disk is full."""
        key = " ".join(words)
        if key not in self.helpers or self.helpers[key].over:
            store = self.repository.store
            env = {MARK: f"{store}:", "GIT_DIR": str(self.repository.git_dir)}
            self.helpers[key] = Staying(*words, cwd=store, env=env)
        return self.helpers[key]


def _item(mode: str, oid: str) -> _Item:
    return _Item(mode.lstrip("0").encode(), bytes.fromhex(oid))


def _by_folder(changes: Mapping[bytes, _Item | None]) -> dict[bytes, dict[bytes, _Item | None]]:
    found: dict[bytes, dict[bytes, _Item | None]] = {}
    for path, item in changes.items():
        folder, slash, rest = path.partition(b"/")
        if slash:
            found.setdefault(folder, {})[rest] = item
    return found


def _parsed(data: bytes, size: int) -> _Folder:
    """git's own form of a tree: mode, name, a zero, the id as bytes."""
    found: _Folder = {}
    at = 0
    while at < len(data):
        zero = data.index(b"\0", at)
        mode, _, name = data[at:zero].partition(b" ")
        at = zero + 1 + size
        found[name] = _Item(mode, data[zero + 1 : at])
    return found
