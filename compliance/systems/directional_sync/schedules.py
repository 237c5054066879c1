"""Schedules as GitHub Actions reads them: five fields of POSIX cron, in UTC, no word such as @daily.

The document writes them so ('Scheduled Runs'), and the workflow that is compiled hands them over as they are.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

_UNITS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")),
    ("day of the week", 0, 6, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)
_PART = re.compile(r"(?:\*|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:/([0-9]{1,2}))?")
_DAY = 24 * 60
# In 28 years every date falls on every day of the week, the 29th of February too.
YEARS = (date(2001, 1, 1), date(2029, 1, 1))
SHORTEST = 5  # minutes: GitHub runs nothing more often


class NotASchedule(Exception):
    """GitHub would refuse the text; the message says why."""


class Schedule(NamedTuple):
    """The values at which each field matches; `open_days`: which of the two fields of days began with a star."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    open_days: tuple[bool, bool]

    def falls_on(self, day: date) -> bool:
        """Of two fields that name days one is enough (POSIX); a field that is open names none."""
        on_day, on_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and (
            (on_day or on_weekday) if not any(self.open_days) else (on_day and on_weekday)
        )

    @property
    def times(self) -> frozenset[int]:
        """Minutes of a day."""
        return frozenset(hour * 60 + minute for hour in self.hours for minute in self.minutes)


@lru_cache(maxsize=4096)
def read(text: str) -> Schedule:
    """As GitHub reads it; raises `NotASchedule`."""
    fields = text.lower().split()
    if len(fields) != 5:
        raise NotASchedule(f"'{text}' has {len(fields)} fields; GitHub reads 5, and no word such as @daily")
    values = [_values(field, unit) for field, unit in zip(fields, _UNITS, strict=True)]
    found = Schedule(
        values[0], values[1], values[2], values[3], values[4],
        (fields[2].startswith("*"), fields[4].startswith("*")),
    )  # fmt: skip
    if not days(found):
        raise NotASchedule(f"'{text}' names a day that never comes")
    if (gap := _shortest_gap(found)) < SHORTEST:
        raise NotASchedule(f"'{text}' is due after {gap} minute(s); GitHub runs nothing within {SHORTEST}")
    return found


def equal(one: str, other: str) -> bool:
    """Do two texts mean the same minutes?"""
    a, b = read(one), read(other)
    return a.times == b.times and days(a) == days(b)


def meet(one: str, other: str) -> bool:
    """Is there a minute at which both are due?"""
    a, b = read(one), read(other)
    return bool(a.times & b.times) and bool(days(a) & days(b))


def within(one: str, other: str) -> bool:
    """Is the first never due without the second?"""
    a, b = read(one), read(other)
    return a.times <= b.times and days(a) <= days(b)


def following(text: str, after: datetime) -> datetime:
    """When it is due next, later than that; a day comes, or it could not have been read."""
    found = read(text)
    first = after.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    day = datetime(first.year, first.month, first.day, tzinfo=UTC)
    while True:
        due = (day + timedelta(minutes=minute) for minute in sorted(found.times)) if found.falls_on(day) else ()
        if at := next((at for at in due if at >= first), None):
            return at
        day += timedelta(1)


@lru_cache(maxsize=4096)
def days(schedule: Schedule) -> frozenset[date]:
    """Of 28 years, from the first of `YEARS` on, those on which it is due."""
    first, last = YEARS
    days = (first + timedelta(n) for n in range((last - first).days))
    return frozenset(day for day in days if schedule.falls_on(day))


def _shortest_gap(schedule: Schedule) -> int:
    """Minutes between two runs, over midnight too where two days follow each other."""
    times = sorted(schedule.times)
    gaps = [b - a for a, b in pairwise(times)]
    due = days(schedule)
    if any(day + timedelta(1) in due for day in due):
        gaps.append(times[0] + _DAY - times[-1])
    return min(gaps, default=_DAY)


def _values(field: str, unit: tuple[str, int, int, tuple[str, ...]]) -> frozenset[int]:
    return frozenset(value for part in field.split(",") for value in _range(part, unit))


def _range(part: str, unit: tuple[str, int, int, tuple[str, ...]]) -> range:
    name, low, high, _ = unit
    match = _PART.fullmatch(part)
    if match is None:
        raise NotASchedule(f"{name}: '{part}' cannot be read")
    first, last = (_number(text, unit) for text in match.groups()[:2])
    step = None if match[3] is None else int(match[3])
    if step == 0:
        raise NotASchedule(f"{name}: '{part}' has a step of zero")
    if first is None:
        return range(low, high + 1, step or 1)
    end = last if last is not None else first if step is None else high
    if end < first:
        raise NotASchedule(f"{name}: '{part}' ends before it begins")
    return range(first, end + 1, step or 1)


def _number(text: str | None, unit: tuple[str, int, int, tuple[str, ...]]) -> int | None:
    name, low, high, words = unit
    if text is None:
        return None
    if not text.isdigit():
        if text not in words:
            raise NotASchedule(f"{name}: unknown word '{text}'")
        return low + words.index(text)
    if not low <= int(text) <= high:
        raise NotASchedule(f"{name}: {text} is outside of {low} to {high}")
    return int(text)
