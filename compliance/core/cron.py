"""Schedules as the cron library of Directus 11.17 reads them (`cron` 4: CronTime), recorded in tests/vectors.

Directus' API takes any text. One that the library refuses is logged once and never fires; one that names a day that no
month has throws while flows are loaded, and then none of the flows behind it is loaded either.
"""

from __future__ import annotations

import re
from functools import lru_cache
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
# Other programs know these words, and `?` for a day that is left open; this library refuses them.
_ELSEWHERE = {"@annually": "@yearly", "@midnight": "@daily"}
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_ALIASES = {name: str(i) for i, name in enumerate(_MONTHS, 1)} | {name: str(i) for i, name in enumerate(_DAYS)}
_RANGE = re.compile(r"([0-9]+)(?:-([0-9]+))?(?:/([0-9]+))?")
# What JavaScript takes for space: Python's own idea of it has a few separators more and the byte order mark less.
_SPACE = re.compile("[\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# A date of the calendar on a day of the week: each of these comes at least once in 400 years.
_DATES = [(m, d, w) for m, last in enumerate(_LONGEST, 1) for d in range(1, last + 1) for w in range(7)]


class NotASchedule(Exception):
    """The library refuses the text; the message says why."""


class Schedule(NamedTuple):
    """The values at which each field matches, a day of the week counted from Sunday, 0."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def falls_on(self, month: int, day: int, weekday: int) -> bool:
        """A field of days that holds every value narrows nothing, however it is written; of two that do narrow, one is
        enough (CronTime.getNextDateFrom)."""
        on_day, on_weekday = day in self.days, weekday in self.weekdays
        both = len(self.days) < 31 and len(self.weekdays) < 7
        return month in self.months and ((on_day or on_weekday) if both else (on_day and on_weekday))


def read(text: object) -> Schedule:
    """As Directus reads it; raises `NotASchedule`."""
    if not isinstance(text, str):
        raise NotASchedule("no text")
    found = [_values(field, unit) for field, unit in zip(_fields(text), _UNITS, strict=True)]
    return Schedule(*map(frozenset, found))


def accepted_by_directus(text: object) -> str | None:
    """Why a schedule never fires, or None: it does."""
    try:
        schedule = read(text)
    except NotASchedule as refused:
        return str(refused)
    if not _dates(schedule):
        return f"day {min(schedule.days)} comes in none of its months; loading it stops all flows behind it"
    return None


def meaning(text: object) -> Schedule | None:
    """What a schedule says, also where only other programs would take it (`?`, @midnight); None: it says nothing."""
    if not isinstance(text, str):
        return None
    fields = _split(_ELSEWHERE.get(text.strip().lower(), text))
    for days in (-3, -1):
        if len(fields) >= 5 and fields[days] == "?":
            fields[days] = "*"
    try:
        return read(" ".join(fields))
    except NotASchedule:
        return None


def equal(one: object, other: object) -> bool:
    """Do two schedules mean the same instants, wherever one clock reads both? What says nothing equals nothing.

    Exact, by field sets: each date comes on each day of the week some time, so other dates or other times are other
    instants. In which time zone does not matter: a change of the clocks moves what falls into a gap, but no schedule
    holds such days alone (it names dates or days of the week, and clocks are changed on some of these).
    """
    a, b = meaning(one), meaning(other)
    if a is None or b is None:
        return False
    return _dates(a) == _dates(b) and (a[:3] == b[:3] or not _dates(a))


@lru_cache(maxsize=1024)
def _dates(schedule: Schedule) -> frozenset[tuple[int, int, int]]:
    return frozenset(found for found in _DATES if schedule.falls_on(*found))


def _split(text: str) -> list[str]:
    return [field for field in _SPACE.split(text) if field]


def _fields(text: str) -> list[str]:
    text = text.lower()
    fields = _split(re.sub(r"[a-z]{1,3}", _alias, _PRESETS.get(text, text)))
    if not 5 <= len(fields) <= 6:
        raise NotASchedule(f"{len(fields)} fields; 5 are read, or 6 with seconds first")
    return fields if len(fields) == 6 else ["0", *fields]


def _alias(found: re.Match[str]) -> str:
    if found[0] not in _ALIASES:
        raise NotASchedule(f"unknown word '{found[0]}'")
    return _ALIASES[found[0]]


def _values(field: str, unit: _Unit) -> set[int]:
    if any("*" in part[1:] and part[0] != "*" for part in field.split(",") if part):
        raise NotASchedule(f"{unit.name}: '{field}' has a '*' within")
    parts = field.replace("*", f"{unit.low}-{unit.high}").split(",")
    found = {value for part in parts for value in _range(part, field, unit)}
    return {value % 7 for value in found} if unit.high == 7 else found


def _range(part: str, field: str, unit: _Unit) -> range:
    match = _RANGE.fullmatch(part)
    if match is None:
        raise NotASchedule(f"{unit.name}: '{field}' cannot be read")
    lower, upper, step = map(_number, match.groups())
    assert lower is not None
    if step == 0:
        raise NotASchedule(f"{unit.name}: '{field}' has a step of zero")
    if upper is not None and lower > upper:
        raise NotASchedule(f"{unit.name}: '{field}' ends before it begins")
    if lower < unit.low or (lower if upper is None else upper) > unit.high:
        raise NotASchedule(f"{unit.name}: '{field}' is outside of {unit.low} to {unit.high}")
    last = upper if upper is not None else lower if step is None else unit.high
    return range(lower, last + 1, step or 1)


def _number(digits: str | None) -> int | None:
    """Python converts no more than 4,300 digits, and nothing here is larger than two."""
    digits = digits and (digits.lstrip("0") or "0")
    return int(digits[:4]) if digits else None
