"""What happens to a worktree, as the kernel tells it (inotify): to look at what was touched, and at no more.

To ask each file whether it is as it was takes longer the larger the repository is, and that for every target. Here each
file and each folder is watched by itself, so that a write by another of its names is told too, and one through a map of
memory once that is closed. It tells what may differ; what does differ git says. Where it cannot be told (another
system, too many files, more events than are kept), all is looked at.
"""

from __future__ import annotations

import ctypes
import os
import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

_MOST = 50_000  # files and folders: the kernel keeps some memory for each, and bounds how many a user may have
_MODIFY, _ATTRIB, _CLOSE_WRITE = 0x2, 0x4, 0x8
_NAMES = 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800  # moved from and to, made, deleted; gone and moved itself
_UNMOUNTED, _OVERFLOW, _GONE, _ONLY_FOLDER, _NO_LINK = 0x2000, 0x4000, 0x8000, 0x01000000, 0x02000000
_FILE, _FOLDER = _NO_LINK | _MODIFY | _ATTRIB | _CLOSE_WRITE, _NO_LINK | _ONLY_FOLDER | _NAMES
_EVENT = struct.Struct("iIII")
_BLOCK = 65536


@lru_cache(maxsize=1)
def _libc() -> Any:
    """None where the system has no inotify."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
    except (OSError, TypeError):
        return None
    return libc if hasattr(libc, "inotify_init1") and hasattr(libc, "inotify_add_watch") else None


class Notices:
    """Of files and folders, by their path below `root`. `seen`: where something happened, until somebody forgets it;
    `lost`: something could not be told, so that nobody knows."""

    def __init__(self, root: str) -> None:
        self.root = os.fsencode(root)
        self.number: int = -1 if _libc() is None else _libc().inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self.lost = self.number < 0
        self.watched: dict[int, set[str]] = {}
        self.seen: set[str] = set()

    def close(self) -> None:
        if self.number >= 0:
            os.close(self.number)
        self.number, self.lost = -1, True

    def add(self, files: Iterable[str], folders: Iterable[str]) -> None:
        """From now on; again for what may be another file of the same name, which costs nothing where it is not."""
        for paths, mask in ((folders, _FOLDER), (files, _FILE)):
            for path in paths:
                if self.lost:
                    return
                place = b"%s/%s" % (self.root, os.fsencode(path))
                watch: int = _libc().inotify_add_watch(self.number, place, mask)
                self.lost = watch < 0
                self.watched.setdefault(watch, set()).add(path)

    def taken(self) -> bool:
        """Take all that has happened into `seen`; False where that is not all."""
        while not self.lost:
            try:
                self._read(os.read(self.number, _BLOCK))
            except BlockingIOError:
                break
        return not self.lost

    def _read(self, block: bytes) -> None:
        at = 0
        while at < len(block):
            watch, mask, _, size = _EVENT.unpack_from(block, at)
            name = os.fsdecode(block[at + _EVENT.size : at + _EVENT.size + size].rstrip(b"\0"))
            at += _EVENT.size + size
            self.lost = self.lost or bool(mask & (_OVERFLOW | _UNMOUNTED))
            for path in self.watched.pop(watch, ()) if mask & _GONE else self.watched.get(watch, ()):
                self.seen.add(f"{path}/{name}" if path and name else path or name)


def begun(root: str, beside: Path, files: Collection[str], folders: Collection[str]) -> Notices | None:
    """None where nothing can be told. `beside`: a folder on the same disk, where it is tried."""
    if len(files) + len(folders) > _MOST or not _tells(beside):
        return None
    made = Notices(root)
    made.add(files, folders)
    if not made.taken():
        made.close()
        return None
    made.seen.clear()
    return made


def _tells(folder: Path) -> bool:
    """Not each disk does that a container mounts."""
    tried, place = Notices(str(folder)), folder / "tried"
    try:
        tried.add((), ("",))
        place.touch()
        tried.add((place.name,), ())
        named = tried.taken() and tried.seen == {place.name}
        tried.seen.clear()
        place.write_bytes(b"x")
        return named and tried.taken() and tried.seen == {place.name}
    finally:
        place.unlink(missing_ok=True)
        tried.close()
