"""One writer at a time, on this machine: a file that is locked as long as its holder lives, and says who that is."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import re
import socket
import sys
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.core.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator


class LedgerBusy(Refused):
    """Another process is at it."""


class Lock:
    """Held again by its holder, it stays held until the first one lets go."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._depth = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Raises `LedgerBusy` at once, or `OSError` where the file cannot be written."""
        if self._depth:
            yield
            return
        # Python lets no child inherit it: a server that we start must not keep the lock when we end.
        number = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            self._take(number)
            with self._held(number):
                yield
        finally:
            os.close(number)

    @contextmanager
    def _held(self, number: int) -> Iterator[None]:
        self._depth = 1
        try:
            yield
        finally:
            self._depth = 0
            with suppress(OSError):  # a name that stays behind is overwritten by the next holder
                os.ftruncate(number, 0)

    def _take(self, number: int) -> None:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LedgerBusy(
                f"{self.path.parent} is being written to by {_who(number)}",
                remedy="wait until that has ended, then give the same command again",
            ) from None
        os.ftruncate(number, 0)
        os.pwrite(number, json.dumps(_self()).encode(), 0)


def _self() -> dict[str, str | int]:
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container may run as a number that has no name
        user = str(os.getuid())
    return {
        "pid": os.getpid(),
        "user": user,
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command(sys.argv),
    }


def command(arguments: list[str]) -> str:
    """The program and the words of its command: no option and no value, since one may be a password."""
    words = takewhile(re.compile(r"[a-z][a-z-]*").fullmatch, arguments[1:])
    return " ".join([Path(arguments[0]).name, *words])


def _who(number: int) -> str:
    """What the holder wrote; it may be about to, or have been stopped by a full disk."""
    try:
        told = json.loads(os.pread(number, 65536, 0))
        return "process {pid} of {user} on {host} since {since}: {command}".format(**told)
    except (ValueError, KeyError, TypeError):
        return "a process that has not said yet who it is"
