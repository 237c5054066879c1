"""The lines of a ledger: each is one entry in its one spelling, with the hash of all it says and of the one before."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENED = "opened"
FILE = "ledger.jsonl"


class Entry(NamedTuple):
    """`prev` is the hash of the entry before ('' in the first), `hash` is over all the rest."""

    seq: int
    at: str
    kind: str
    body: dict[str, Any]
    prev: str
    hash: str

    @property
    def spelled(self) -> bytes:
        return canonical.dumps(self._asdict())

    @property
    def line(self) -> bytes:
        return self.spelled + b"\n"

    @property
    def proper_hash(self) -> str:
        return canonical.digest(self._replace(hash="").spelled)


class Line(NamedTuple):
    """One line as it was read, and what is wrong with it."""

    number: int
    kind: str
    entry: Entry | None
    wrong: list[str]


def examine(data: bytes, before: Entry | None = None) -> Iterator[Line]:
    """Every whole line of `data`, which follows the entry `before`; goes on behind a damaged one."""
    *whole, rest = data.split(b"\n")
    first = before.seq + 1 if before else 1
    prev: str | None = before.hash if before else ""
    for number, text in enumerate(whole, first):
        entry = _parse(text)
        if entry is None:
            yield Line(number, _kind(text), None, ["this is no entry"])
        else:
            yield Line(number, entry.kind, entry, _wrong(entry, number, prev))
        # Behind what cannot be read, the next entry alone knows what it followed.
        prev = entry.hash if entry else None
    if _is_entry_and_more(rest):
        yield Line(first + len(whole), _kind(rest), None, ["its line feed is another byte now"])


def _parse(text: bytes) -> Entry | None:
    try:
        entry = Entry(**json.loads(text.decode()))
        spelled = entry.line == text + b"\n"
    except (ValueError, TypeError, RecursionError):
        return None
    # Another spelling of the same content is a change too.
    return entry if spelled and isinstance(entry.body, dict) else None


def _wrong(entry: Entry, number: int, prev: str | None) -> list[str]:
    found = []
    if entry.hash != entry.proper_hash:
        found.append("its content is not what its hash was made of")
    if prev is not None and entry.prev != prev:
        found.append("it does not follow the entry before it: one was changed, removed or put in between")
    if entry.seq != number:
        found.append(f"it says that it is number {entry.seq}")
    if (entry.kind == OPENED) != (number == 1):
        found.append(f"a ledger begins with '{OPENED}', and has it once")
    return found


def _kind(text: bytes) -> str:
    """What a line that cannot be read was about, as far as it still says so; behind the body stands the entry's own."""
    found = re.findall(rb'"kind":"([a-z-]+)","prev":', text)
    return found[-1].decode() if found else "unreadable"


def _is_entry_and_more(rest: bytes) -> bool:
    """A line that was cut short is the beginning of an entry; this one goes on behind it."""
    text = rest.decode(errors="replace")
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return bool(end < len(text))
