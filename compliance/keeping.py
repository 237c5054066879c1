"""`history.jsonl`: a line an audit, the oldest first; the first line holds what is left of those no longer kept.

A line that was cut short is no entry. One that was changed is told, since a history with a hole would call a finding
new that is not.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from compliance.core import canonical, history, verdicts
from compliance.core.errors import ConfigurationError
from compliance.core.history import History, Known
from compliance.evidence import versions
from compliance.reporting.whole import put, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from compliance.core.history import Change
    from compliance.core.observation import Observation
    from compliance.core.verdict import Verdict

FILE, LIMIT = "history.jsonl", 400  # more than a year of nights


def read(path: Path) -> History:
    """Empty where there is no file yet."""
    try:
        *lines, _cut_short = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return History({}, ())
    known: dict[str, Known] = {}
    entries = []
    for number, line in enumerate(lines, 1):
        try:
            value = json.loads(line)
            if "known" in value and number == 1:
                known = {key: Known(*said) for key, said in value["known"].items()}
            else:
                entries.append(history.parse(value))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ConfigurationError.at(
                path,
                number,
                "is no entry of the history",
                remedy="restore the file, or move it away to begin anew",
            ) from None
    return History(known, tuple(entries))


def add(path: Path, verdict: Verdict, observation: Observation, limit: int) -> Change:
    """One more run, on disk before this returns; says what it changes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path):
        before = read(path)
        entry = history.entry(
            verdicts.document(verdict), observed_at=observation.observed_at, program=_program(observation),
            number=before.entries[-1].run if before.entries else 0,
        )  # fmt: skip
        found = before.added(entry, limit)
        if found.known == before.known and len(found.entries) == len(before.entries) + 1:
            _append(path, _line(history.told(entry)))
        else:
            _replace(path, found)
        (*_, change) = History(before.known, (*before.entries, entry)).changes()
        return change


def _program(observation: Observation) -> str:
    """Its number, and a digest of all that decides a judgement."""
    found = versions.versions(observation)
    deciding = canonical.dumps({name: found[name] for name in versions.DECIDING})
    return f"{found['program']['version']} {canonical.digest(deciding)[:12]}"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Audits that end at once wait for each other. Beside the file, which may be replaced."""
    number = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def _append(path: Path, line: bytes) -> None:
    """Behind the last whole line: what an interrupted run left of its own is cut off."""
    number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        end = path.read_bytes().rfind(b"\n") + 1
        os.ftruncate(number, end)
        os.lseek(number, end, os.SEEK_SET)
        while line:
            line = line[os.write(number, line) :]
        os.fsync(number)
    finally:
        os.close(number)
    sync_folder(path.parent)


def _replace(path: Path, found: History) -> None:
    """As a whole or not at all."""
    head = {"known": {key: list(known) for key, known in found.known.items()}}
    put(path, b"".join((_line(head), *(_line(history.told(entry)) for entry in found.entries))))


def _line(value: dict[str, Any]) -> bytes:
    return canonical.dumps(value) + b"\n"
