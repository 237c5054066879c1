"""A history as it is written: a line a run, the oldest first; the first line holds what is left of those before.

A line without its line feed was cut short and is no entry. One that was changed is told, since a history with a hole
would call a finding new that is not.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from compliance.core import canonical, history
from compliance.core.errors import ConfigurationError
from compliance.core.history import Entry, History, Known

if TYPE_CHECKING:
    from pathlib import Path

_KINDS = {"counts": dict, "complete": bool}
_BEGINNINGS = (b'{"blind":"', b'{"known":{')


def parsed(data: bytes, where: Path | str, estate: str | None = None) -> History:
    """Raises `ConfigurationError` with the line that is none, or that is of another estate.

    `estate`: whose it has to be; what was found in one would be known, and so not new, in another.
    """
    *lines, cut_short = data.split(b"\n")
    if not lines and not any(begin.startswith(cut_short[: len(begin)]) for begin in _BEGINNINGS):
        lines = [cut_short]  # of a file of somebody else's, which the first run would replace
    known: dict[str, Known] = {}
    entries = []
    for number, line in enumerate(lines, 1):
        try:
            value = json.loads(line)
            if number == 1 and "known" in value:
                known = {key: _known(*said) for key, said in value["known"].items()}
            else:
                entries.append(_entry(value))
                estate = _same(estate, entries[-1].estate, where, number)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ConfigurationError.at(
                where, number, "is no entry of the history as this version writes it",
                remedy="restore the file, or move it away to begin anew",
            ) from None  # fmt: skip
    return History(known, tuple(entries))


def _same(estate: str | None, found: str, where: Path | str, number: int) -> str:
    if estate not in (None, found):
        raise ConfigurationError.at(
            where, number, f"is of estate '{found}', and not of '{estate}'",
            remedy="give each estate a folder of its own with --out; what was renamed begins anew",
        )  # fmt: skip
    return found


def _known(run: Any, at: Any, is_open: Any) -> Known:
    if not isinstance(run, str) or not isinstance(at, str) or not isinstance(is_open, bool):
        raise TypeError(run)
    return Known(run, at, is_open)


def _entry(value: dict[str, Any]) -> Entry:
    """Of the right kinds too: what is shown of it later may not fail on them."""
    found = history.parse(value)
    for name in Entry.__slots__:
        said = value[name]
        if not isinstance(said, _KINDS.get(name, list if name in history.LISTS else str)):
            raise TypeError(name)
    if not all(isinstance(each, str) for name in history.LISTS for each in value[name]):
        raise TypeError("names")
    if not all(isinstance(each, int) for each in value["counts"].values()):
        raise TypeError("counts")
    return found


def spelled(of: History) -> bytes:
    head = {"known": {key: list(known) for key, known in of.known.items()}}
    return b"".join((line(head) if of.known else b"", *(line(history.told(entry)) for entry in of.entries)))


def line(value: dict[str, Any]) -> bytes:
    return canonical.dumps(value) + b"\n"


def until(of: History, entry: Entry, limit: int) -> History:
    """What is known when this run is compared: looks that were not later, and of these so many; a run that said the
    same of the same look is this one."""
    when = _when(entry.observed_at)
    kept = [each for each in of.entries if _when(each.observed_at) <= when and not same_run(each, entry)]
    dropped = History(of.known, tuple(kept[: max(len(kept) - limit, 0)]))
    return History(dropped.now(), tuple(kept[len(dropped.entries) :]))


def same_run(one: Entry, other: Entry) -> bool:
    def told(entry: Entry) -> tuple[Any, ...]:
        return entry.observed_at, entry.judged_at, entry.evidence, entry.result

    return told(one) == told(other)


def late(of: History, entry: Entry) -> bool:
    """Has a later look been kept already? Behind that, what this one found would be taken for what is there now."""
    return any(_when(entry.observed_at) < _when(each.observed_at) for each in of.entries[-1:])


def earlier(of: History, observed_at: str) -> History:
    """The earlier looks alone: one is not new or unchanged against itself."""
    when = _when(observed_at)
    return History(of.known, tuple(each for each in of.entries if _when(each.observed_at) < when))


def _when(text: str) -> tuple[float, str]:
    try:
        return datetime.fromisoformat(text).timestamp(), ""
    except ValueError:  # a recorded observation may say anything
        return 0.0, text
