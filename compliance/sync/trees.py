"""Files of a tree: which are named, what is in them, and how one is written that a crash leaves whole."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from compliance.sync import wellformed
from compliance.sync.model import TargetFailed
from compliance.systems.directional_sync import globs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def digests(tree: Path, named: Sequence[str]) -> dict[str, str]:
    """By path the sha256 of each file that a glob names, in the order of paths."""
    folders = {globs.base(glob) for glob in named}
    paths: set[str] = set()
    for folder in folders:
        for name in wellformed.files(tree / folder):
            paths.add(f"{folder}/{name}" if folder else name)
    return {path: _content(tree, path) for path in sorted(paths) if globs.matches(path, named)}


def _content(tree: Path, path: str) -> str:
    """A link is followed, but not out of the tree: whoever may write it could send any file of the machine."""
    whole = tree / path
    try:
        inside = whole.resolve().is_relative_to(tree.resolve())
    except RuntimeError:  # how Python tells that links lead round and round
        raise TargetFailed(f"{path!r} is a link that leads round to itself", file=path) from None
    if not inside:
        raise TargetFailed(f"{path!r} is a link that leads out of the repository", file=path)
    if not whole.is_file():
        raise TargetFailed(f"{path!r} is no file that could be read", file=path)
    try:
        return sha256(whole)
    except OSError as error:
        raise TargetFailed(f"{path!r} cannot be read ({error.strerror})", file=path) from None


def sha256(path: Path) -> str:
    """Of the content, piece by piece: it may be larger than the memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def put(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Whole or not at all, on the disk when this returns."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode), "wb") as file:  # noqa: PTH123
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    with folder(path.parent) as number:
        os.fsync(number)


@contextmanager
def folder(path: Path) -> Iterator[int]:
    """Its number, for `fsync`: a name is on the disk only once its folder is."""
    number = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield number
    finally:
        os.close(number)
