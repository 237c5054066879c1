"""The small process that creates the files of the results: opening a file costs more than the case it tells of.

It reads frames from standard input and stops at its end, so a killed run loses nothing it handed over. It is
started by path, isolated and without `site`, and therefore imports nothing of the package.

A frame: one kind byte, three lengths (name, target, body), then the three. W writes `body` as `name`; L gives
the file `target` the further name `name`.
"""

from __future__ import annotations

import os
import shutil
import signal
import struct
import sys
from typing import BinaryIO

HEADER = struct.Struct("<cHHI")


def frame(kind: bytes, name: str, target: str = "", body: bytes = b"") -> bytes:
    """What `serve` reads back."""
    first, second = name.encode(), target.encode()
    return b"".join((HEADER.pack(kind, len(first), len(second), len(body)), first, second, body))


def serve(stream: BinaryIO) -> None:
    """Create every file that was handed over completely; a torn last frame is left out."""
    while len(head := stream.read(HEADER.size)) == HEADER.size:
        kind, first, second, length = HEADER.unpack(head)
        rest = stream.read(first + second + length)
        if len(rest) < first + second + length:
            return
        name, target, body = rest[:first], rest[first : first + second], rest[first + second :]
        if kind == b"L":
            _link(target, name)
        else:
            _write(name, body)


def _write(name: bytes, body: bytes) -> None:
    # A name left from an earlier run may be one of several hard links: writing into it would change them all.
    try:
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        os.unlink(name)  # noqa: PTH108 - bytes, and pathlib costs more to import than all of this
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        while body:
            body = body[os.write(handle, body) :]
    finally:
        os.close(handle)


def _link(target: bytes, name: bytes) -> None:
    try:
        os.link(target, name)
    except FileExistsError:
        os.unlink(name)  # noqa: PTH108 - bytes, and pathlib costs more to import than all of this
        os.link(target, name)
    except OSError:  # a file system without hard links, or with too many to one file
        shutil.copyfile(target, name)


if __name__ == "__main__":
    # Ctrl-C goes to the whole group; the run decides when there is nothing more to write.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        os.chdir(sys.argv[1])
        serve(sys.stdin.buffer)
    except OSError as error:
        sys.exit(f"{error.filename or sys.argv[1]!r}: {error.strerror}")
