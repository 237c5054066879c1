"""What is read as a whole has to be a file, or a link to one: a pipe would wait for somebody to write into it."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> bytes:
    """All of it; whatever is there instead of a file is an `OSError` too, which says so."""
    with open(path, "rb", opener=_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        return file.read()


def _at_once(path: str, flags: int) -> int:
    """Even to open a pipe would wait."""
    return os.open(path, flags | os.O_NONBLOCK)
