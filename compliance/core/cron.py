"""Schedules as the cron library of Directus 11.17 reads them (`cron` 4: CronTime), recorded in tests/vectors.

Directus' API takes any text. One that the library refuses is logged once and never fires; one that names a day that no
month has throws while flows are loaded, and then none of the flows behind it is loaded either.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class _Unit(NamedTuple):
    name: str
    low: int
    high: int


_UNITS = (
    _Unit("second", 0, 59), _Unit("minute", 0, 59), _Unit("hour", 0, 23),
    _Unit("day of the month", 1, 31), _Unit("month", 1, 12), _Unit("day of the week", 0, 7),
)  # fmt: skip
_PRESETS = {
    "@yearly": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
    "@minutely": "0 * * * * *",
    "@secondly": "* * * * * *",
    "@weekdays": "0 0 0 * * 1-5",
    "@weekends": "0 0 0 * * 0,6",
}
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_ALIASES = {name: str(i) for i, name in enumerate(_MONTHS, 1)} | {name: str(i) for i, name in enumerate(_DAYS)}
_RANGE = re.compile(r"([0-9]+)(?:-([0-9]+))?(?:/([0-9]+))?")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class _Refused(Exception):
    pass


def accepted_by_directus(text: object) -> str | None:
    """Why a schedule never fires, or None: it does."""
    if not isinstance(text, str):
        return "no text"
    try:
        return _impossible([_values(field, unit) for field, unit in zip(_fields(text), _UNITS, strict=True)])
    except _Refused as refused:
        return str(refused)


def _fields(text: str) -> list[str]:
    text = text.lower()
    fields = re.sub(r"[a-z]{1,3}", _alias, _PRESETS.get(text, text)).split()
    if not 5 <= len(fields) <= 6:
        raise _Refused(f"{len(fields)} fields; 5 are read, or 6 with seconds first")
    return fields if len(fields) == 6 else ["0", *fields]


def _alias(found: re.Match[str]) -> str:
    if found[0] not in _ALIASES:
        raise _Refused(f"unknown word '{found[0]}'")
    return _ALIASES[found[0]]


def _values(field: str, unit: _Unit) -> set[int]:
    if any("*" in part[1:] and part[0] != "*" for part in field.split(",") if part):
        raise _Refused(f"{unit.name}: '{field}' has a '*' within")
    parts = field.replace("*", f"{unit.low}-{unit.high}").split(",")
    found = {value for part in parts for value in _range(part, field, unit)}
    return {value % 7 for value in found} if unit.high == 7 else found


def _range(part: str, field: str, unit: _Unit) -> range:
    match = _RANGE.fullmatch(part)
    if match is None:
        raise _Refused(f"{unit.name}: '{field}' cannot be read")
    lower, upper, step = map(_number, match.groups())
    assert lower is not None
    if step == 0:
        raise _Refused(f"{unit.name}: '{field}' has a step of zero")
    if upper is not None and lower > upper:
        raise _Refused(f"{unit.name}: '{field}' ends before it begins")
    if lower < unit.low or (lower if upper is None else upper) > unit.high:
        raise _Refused(f"{unit.name}: '{field}' is outside of {unit.low} to {unit.high}")
    last = upper if upper is not None else lower if step is None else unit.high
    return range(lower, last + 1, step or 1)


def _number(digits: str | None) -> int | None:
    """Python converts no more than 4,300 digits, and nothing here is larger than two."""
    digits = digits and (digits.lstrip("0") or "0")
    return int(digits[:4]) if digits else None


def _impossible(found: list[set[int]]) -> str | None:
    """A day that none of the months has, where the day of the week does not save it."""
    _, _, _, days, months, weekdays = found
    if len(weekdays) == 7 and not any(min(days) <= _LONGEST[month - 1] for month in months):
        return f"day {min(days)} comes in none of its months; loading it stops all flows behind it"
    return None
