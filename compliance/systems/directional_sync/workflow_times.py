"""Minutes at which something is due, as sets that are compared quickly: by minute of the day the days of 28 years."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from compliance.systems.directional_sync import schedules
from compliance.systems.directional_sync.shell.builtins import DEPENDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

# By minute of the day a number whose bits are days.
Times: TypeAlias = dict[int, int]
_FIRST, _BEHIND = schedules.YEARS
_DAYS = tuple(_FIRST + timedelta(n) for n in range((_BEHIND - _FIRST).days))
LATE = 180  # minutes: GitHub has started later than that, but seldom
_FORMS = re.compile(r"%[-_0^#]?([A-Za-z])")


class Clock(NamedTuple):
    """What scripts ask of the clock."""

    fields: frozenset[str]

    @classmethod
    def of(cls, scripts: Iterable[str]) -> Clock:
        texts = [text for text in scripts if re.search(r"\bdate\b", text)]
        letters = {match[1] for text in texts for match in _FORMS.finditer(text)}
        return cls(frozenset(name for letter in letters for name in DEPENDS.get(letter, ())))

    def key(self, at: datetime) -> tuple[int, ...]:
        """Two times of one key are one time to the scripts."""
        seen = {
            "hour": at.hour, "minute": at.minute, "day": at.day, "month": at.month, "weekday": at.isoweekday(),
        }  # fmt: skip
        return tuple(seen[name] for name in sorted(self.fields))

    @property
    def by_day(self) -> bool:
        return bool(self.fields & {"day", "month", "weekday"})


@lru_cache(maxsize=1024)
def days(text: str) -> int:
    """On which days a schedule is due."""
    on = schedules.days(schedules.read(text))
    return int("".join("1" if day in on else "0" for day in reversed(_DAYS)), 2)


def times(text: str) -> Times:
    on = days(text)
    return dict.fromkeys(sorted(schedules.read(text).times), on)


def moments(text: str, clock: Clock) -> Iterator[tuple[int, int, datetime]]:
    """Minute of the day, the days, and one time that stands for them all as far as scripts can tell."""
    groups = _groups(days(text), clock)
    for minute in sorted(schedules.read(text).times):
        for mask in groups.values():
            yield minute, mask, _at(_DAYS[(mask & -mask).bit_length() - 1], minute)


@lru_cache(maxsize=1024)
def _groups(on: int, clock: Clock) -> dict[tuple[int, ...], int]:
    """Days that scripts cannot tell apart."""
    if not clock.by_day:
        return {(): on}
    groups: dict[tuple[int, ...], int] = {}
    for place, day in enumerate(_DAYS):
        if on >> place & 1:
            key = clock.key(_at(day, 0))
            groups[key] = groups.get(key, 0) | 1 << place
    return groups


def later(at: datetime, clock: Clock) -> list[datetime]:
    """Times at which a start of that time may come instead, as far as scripts can tell them apart."""
    if not clock.fields:
        return []
    found = {clock.key(at + timedelta(minutes=n)): at + timedelta(minutes=n) for n in range(LATE, 0, -1)}
    found.pop(clock.key(at), None)
    return sorted(found.values())


def _at(day: date, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=UTC)


def without(one: Times, other: Times) -> Times:
    left = {minute: on & ~other.get(minute, 0) for minute, on in one.items()}
    return {minute: on for minute, on in left.items() if on}


def add(one: Times, other: Times) -> None:
    for minute, on in other.items():
        one[minute] = one.get(minute, 0) | on


def told(found: Times) -> str:
    """The times of day, and of the days one where it is not every day."""
    shown = ", ".join(f"{minute // 60:02}:{minute % 60:02}" for minute in sorted(found)[:4])
    more = f" and {len(found) - 4} more" if len(found) > 4 else ""
    every = all(on == (1 << len(_DAYS)) - 1 for on in found.values())
    on = 0 if every else next(iter(found.values()))
    day = "" if every else f" (such as on a {_DAYS[(on & -on).bit_length() - 1]:%A, %d %B})"
    return f"at {shown}{more} UTC{day}"
