"""`history.jsonl` on the disk: read as a whole, added to a line at a time (`core.history_lines` says what is in it)."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from compliance.core import history, history_lines
from compliance.core.errors import ComplianceError, ConfigurationError
from compliance.core.history import History
from compliance.estate import regular
from compliance.evidence import past
from compliance.executor.whole import put, put_at, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from compliance.core.history import Change
    from compliance.core.observation import Observation
    from compliance.core.verdict import Verdict

FILE, LIMIT = "history.jsonl", 400  # more than a year of nights


def read(path: Path, estate: str | None = None) -> History:
    """Empty where there is no file yet. `estate`: whose it has to be."""
    try:
        return history_lines.parsed(regular.read(path), path, estate)
    except FileNotFoundError:
        return History({}, ())
    except OSError as error:
        raise ConfigurationError(f"{path}: the history cannot be read ({error.strerror})") from None


def add(
    path: Path,
    verdict: Verdict,
    observation: Observation,
    limit: int,
    *,
    at_step: Callable[[str], None] = lambda _: None,
    warn: Callable[[str], None] = lambda _: None,
) -> Change:
    """One more run, on disk when this returns; says what it changes. Where it raises, the history is as it was.

    Runs stand in the order of their looks, so one of an earlier look than the last is compared, and not kept.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            before = read(path, observation.estate)
            entry = past.entry_of(verdict, observation, before)
            found = before.added(entry, limit)
            if history_lines.late(before, entry):
                last = before.entries[-1].observed_at
                warn(f"not kept in {path}: this looked at {entry.observed_at}, the last one kept at {last}")
            elif found.known == before.known and len(found.entries) == len(before.entries) + 1:
                _append(path, history_lines.line(history.told(entry)), at_step)
            else:
                put(path, history_lines.spelled(found))
    except OSError as error:
        raise ComplianceError(
            f"{path}: this run cannot be kept in the history, which is as it was: {error.strerror}",
            remedy="make room there, or name another place with --history, and audit again",
        ) from None
    (*_, change) = History(before.known, (*before.entries, entry)).changes()
    return change


def add_new(path: Path, verdict: Verdict, observation: Observation) -> None:
    """Unless the same was kept already: to seal what was audited is no run of its own."""
    kept = read(path, observation.estate)
    entry = past.entry_of(verdict, observation, kept)
    if not any(history_lines.same_run(each, entry) for each in kept.entries):
        add(path, verdict, observation, LIMIT)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Audits that end at once wait for each other. Beside the file, which may be replaced."""
    number = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def _append(path: Path, line: bytes, at_step: Callable[[str], None]) -> None:
    """Behind the last whole line: what an interrupted run left of its own is cut off, and so is a part of this one."""
    number = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        end = path.read_bytes().rfind(b"\n") + 1
        os.ftruncate(number, end)
        try:
            _put(number, line, end, at_step)
        except BaseException:
            with suppress(OSError):
                os.ftruncate(number, end)
            raise
    finally:
        os.close(number)
    sync_folder(path.parent)


def _put(number: int, data: bytes, at: int, at_step: Callable[[str], None]) -> None:
    at_step("cut")
    put_at(number, data, at)
    at_step("written")
    os.fsync(number)
    at_step("on disk")
