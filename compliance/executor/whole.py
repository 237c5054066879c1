"""A file that others read while or after it is written: whole under its name, or not there."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def put(path: Path, data: bytes) -> None:
    """In place of what was there, on the disk when this returns; what is no file (a terminal, a pipe) is written to.

    So is what has its name from the system, as /dev/stdout has: behind that may be a file that is somebody else's.
    """
    try:
        _put(path, data)
    except OSError as error:
        error.filename = str(path)  # a disk that is full names no file, and of what is beside it nobody knows
        raise


def _put(path: Path, data: bytes) -> None:
    place = path.resolve()
    named = path.absolute().is_relative_to("/dev") or path.absolute().is_relative_to("/proc")
    if named or (place.exists() and not place.is_file()):
        path.write_bytes(data)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{place.name[:80]}.{secrets.token_hex(6)}.part")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(place)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(place.parent)


def sync_folder(folder: Path) -> None:
    """A name is on the disk only once its folder is."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def put_at(number: int, data: bytes, at: int) -> None:
    """All of it, into a file that is open: a write may take less than it was given."""
    while data:
        taken = os.pwrite(number, data, at)
        data, at = data[taken:], at + taken
