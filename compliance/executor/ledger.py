"""What was rehearsed, approved, applied and taken back: one append-only file, each line of which names the one before.

It lies outside of the governed database, so that no change to that can touch it, and no restored backup turn it back
unseen. A line that a kill or a full disk cut short is no entry: the next append removes it. Any other damage is named
and refuses everything, since a history that was altered can allow nothing.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from compliance.core import canonical
from compliance.core.chain import FILE, OPENED, Entry, examine
from compliance.core.errors import ComplianceError, CouldNotLook, Refused
from compliance.executor.ledger_lock import Lock
from compliance.executor.whole import put_at, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["Entry", "Ledger", "LedgerDamaged", "LedgerUnwritable", "ignore", "verify"]

REMEDY = "restore it from the copy that you keep elsewhere, and find out who could write to it"


class LedgerDamaged(Refused):
    """No kill does that: somebody or something changed what was written."""


class LedgerUnwritable(ComplianceError):
    """Disk full, read-only, not ours; the file is as it was. Not `Refused`: what it records may be done already."""

    exit_code: ClassVar[int] = 4


def ignore(_: str) -> None:
    """Nobody wants to know how far it got."""


class Ledger:
    """One folder. Reading needs no lock: what stands there never changes, and a line that is cut is no entry."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE
        self._lock = Lock(folder / "lock")
        self._forget()

    @property
    def id(self) -> str:
        """The hash of the first entry, so that no two ledgers share one; '' where there is none yet."""
        found = self.entries()
        return found[0].hash if found else ""

    @property
    def head(self) -> str:
        """The hash of the last entry; '' where there is none yet."""
        found = self.entries()
        return found[-1].hash if found else ""

    def entries(self) -> tuple[Entry, ...]:
        """All of them, the chain verified; raises `LedgerDamaged`."""
        self._look()
        return tuple(self._entries)

    def holds(self, digest: str) -> bool:
        """Is this the hash of an entry? Not where the ledger is another, or older than whoever asks."""
        self._look()
        return digest in self._hashes

    @contextmanager
    def locked(self) -> Iterator[None]:
        """For a whole apply or roll back; another process is refused at once and told who holds it."""
        with ExitStack() as stack:
            try:
                _make(self.folder)
                stack.enter_context(self._lock.held())
            except OSError as error:
                raise self._unwritable(error) from error
            yield

    def append(self, kind: str, body: dict[str, Any], *, at_step: Callable[[str], None] = ignore) -> Entry:
        """On disk when this returns; where it raises before that, the file is as it was."""
        with self.locked():
            self.open(at_step=at_step)
            return self.enter(self.next(kind, body), at_step=at_step)

    def next(self, kind: str, body: dict[str, Any]) -> Entry:
        """The entry that would follow the last one; nothing is written. Whoever enters it holds the lock until then."""
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        prev = self._entries[-1].hash if self._entries else ""
        spelled = Entry(len(self._entries) + 1, at, kind, body, prev, "").spelled
        # As it will be read again: what was a tuple comes back as a list.
        return Entry(**json.loads(spelled))._replace(hash=canonical.digest(spelled))

    def enter(self, entry: Entry, *, at_step: Callable[[str], None] = ignore) -> Entry:
        """What `next` gave, behind the last one."""
        try:
            self._write(entry, at_step)
        except OSError as error:
            raise self._unwritable(error) from error
        at_step(f"after fsync {entry.kind}")
        return entry

    def open(self, *, at_step: Callable[[str], None] = ignore) -> None:
        """Give it its first entry, and with that its id, where it has none: what is signed names that."""
        with self.locked():
            self._look()
            if not self._entries:
                self.enter(self.next(OPENED, {"nonce": secrets.token_hex(16)}), at_step=at_step)

    def _write(self, entry: Entry, at_step: Callable[[str], None]) -> None:
        """Behind the last entry, over a line that was cut; an exception of any kind takes it back."""
        number = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.ftruncate(number, self._end)
            put_at(number, line := entry.line, self._end)
            at_step(f"before fsync {entry.kind}")
            os.fsync(number)
            if not self._entries:
                sync_folder(self.folder)
            self._remember([entry], len(line), os.fstat(number))
        except BaseException:
            with suppress(OSError):
                os.ftruncate(number, self._end)
            raise
        finally:
            os.close(number)

    def _look(self) -> None:
        """Verify what was not verified yet."""
        try:
            with self.path.open("rb", buffering=0) as file:
                status = os.fstat(file.fileno())
                if not self._is_known(status):
                    file.seek(self._end)
                    self._verify(file.read(status.st_size - self._end), status)
        except FileNotFoundError:
            self._forget()
        except OSError as error:
            remedy = "let whoever runs this read the ledger"
            raise CouldNotLook(f"{self.path}: {error.strerror}", remedy=remedy) from error

    def _is_known(self, status: os.stat_result) -> bool:
        """A ledger grows and does nothing else: where it did, nothing that was verified is believed any more."""
        stamp = _stamp(status)
        if stamp == self._seen:
            return True
        if stamp.file != self._seen.file or stamp.size <= self._seen.size:
            self._forget()
        return False

    def _verify(self, data: bytes, status: os.stat_result) -> None:
        found: list[Entry] = []
        before = self._entries[-1] if self._entries else None
        for line in examine(data, before):
            if line.entry is None or line.wrong:
                self._forget()
                place = f"{self.path}:{line.number} ({line.kind})"
                raise LedgerDamaged(f"the ledger was changed: {place}", reasons=line.wrong, remedy=REMEDY)
            found.append(line.entry)
        self._remember(found, data.rfind(b"\n") + 1, status)

    def _remember(self, entries: list[Entry], length: int, status: os.stat_result) -> None:
        self._entries += entries
        self._hashes |= {entry.hash for entry in entries}
        self._end += length
        self._seen = _stamp(status)

    def _forget(self) -> None:
        self._entries: list[Entry] = []
        self._hashes: set[str] = set()
        self._end = 0
        self._seen = Stamp((0, 0), 0, 0)

    def _unwritable(self, error: OSError) -> LedgerUnwritable:
        return LedgerUnwritable(
            f"the ledger in {self.folder} cannot be written: {error.strerror}",
            remedy="make room there, or let whoever runs this write to it; then give the same command again",
        )


class Stamp(NamedTuple):
    """Which file, how long and how old: where it is as it was, there is nothing to verify again."""

    file: tuple[int, int]
    size: int
    when: int


def verify(folder: Path) -> list[str]:
    """Everything that is wrong with a ledger, a sentence each; nothing where the chain holds."""
    path = folder / FILE
    try:
        lines = list(examine(path.read_bytes()))
    except OSError as error:
        return [f"{path}: {error.strerror}"]
    return [f"{path}:{line.number} ({line.kind}): {wrong}" for line in lines for wrong in line.wrong]


def _make(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(folder.parent)


def _stamp(status: os.stat_result) -> Stamp:
    return Stamp((status.st_dev, status.st_ino), status.st_size, status.st_mtime_ns)
