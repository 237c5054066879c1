"""When a schedule fires: the next instant as the cron library of Directus 11.17 finds it (`cron` 4.3 on luxon 3.7).

Not the next instant that matches. Where clocks are changed the library has rules of its own, some of them mistakes: a
time within a gap comes at the gap's end, or an hour late in a zone that begins the year in summer; the times of the
hour after one that comes twice come within that hour, too. Who is to tell a fire that was missed from one that never
was has to know. Recorded in tests/vectors/cron.json.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.cron import Schedule

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_YEARS = 8  # the library looks no further, and throws


def fires(schedule: Schedule, timezone: str, begin: datetime, end: datetime) -> Iterator[datetime]:
    """From `begin` to before `end`, of a process that waits from `begin` on and has this as its local time zone."""
    zone = ZoneInfo(timezone)
    at, last = math.ceil(begin.timestamp()) - 1, end.timestamp()
    while (found := after(schedule, zone, at)) is not None and found < last:
        yield datetime.fromtimestamp(found, UTC)
        at = found


def after(schedule: Schedule, zone: ZoneInfo, start: int) -> int | None:
    """The fire that follows an instant, in seconds since 1970 (CronTime.getNextDateFrom); None: the library throws."""
    guess = _offset(zone, start)  # what luxon tries first is the offset of its present
    wall = _next_match(schedule, start + guess)
    if wall is None:
        return None
    found, offset = _instant(zone, wall, guess)
    if (found + offset) // _MINUTE != wall // _MINUTE:
        winter = _instant(zone, _new_year(found + offset), guess)[1]
        if winter != offset:
            return _end_of_gap(zone, found, winter)
    return _first_of_two(zone, found, start)


def _next_match(schedule: Schedule, wall: int) -> int | None:
    """The next time on the clock, taken as if it were UTC."""
    day, second = divmod(wall + 1, _DAY)
    times = _times(schedule)
    if _falls_on(schedule, day) and (at := bisect_left(times, second)) < len(times):
        return day * _DAY + times[at]
    year = date.fromordinal(_EPOCH + day).year
    while date.fromordinal(_EPOCH + (day := day + 1)).year <= year + _YEARS:
        if _falls_on(schedule, day):
            return day * _DAY + times[0]
    return None


@lru_cache(maxsize=64)
def _times(schedule: Schedule) -> tuple[int, ...]:
    """The seconds of a day, in order."""
    minutes = [hour * _HOUR + minute * _MINUTE for hour in schedule.hours for minute in schedule.minutes]
    return tuple(sorted(minute + second for minute in minutes for second in schedule.seconds))


def _falls_on(schedule: Schedule, day: int) -> bool:
    found = date.fromordinal(_EPOCH + day)
    return schedule.falls_on(found.month, found.day, found.isoweekday() % 7)


def _offset(zone: ZoneInfo, instant: int) -> int:
    offset = datetime.fromtimestamp(instant, zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _instant(zone: ZoneInfo, wall: int, guess: int) -> tuple[int, int]:
    """A time on the clock as an instant, and its offset (luxon: fixOffset)."""
    first = _offset(zone, wall - guess)
    if first == guess:
        return wall - guess, guess
    second = _offset(zone, wall - first)
    if second == first:
        return wall - first, first
    return wall - min(first, second), max(first, second)


def _new_year(wall: int) -> int:
    year = date.fromordinal(_EPOCH + wall // _DAY).year
    return (date(year, 1, 1).toordinal() - _EPOCH) * _DAY


def _end_of_gap(zone: ZoneInfo, found: int, winter: int) -> int:
    """Back by minutes, to the first after the clocks were changed."""
    while _offset(zone, found - _MINUTE) != winter:
        found -= _MINUTE
    return found


def _first_of_two(zone: ZoneInfo, found: int, start: int) -> int:
    """Where an hour, or half an hour, comes twice: the earlier one, and what the library takes for it."""
    hour, two_hours = found - _HOUR, found - 2 * _HOUR
    on_clock = [(at + _offset(zone, at)) // _HOUR % 24 for at in (found, hour, two_hours)]
    if hour > start and on_clock[1] in (on_clock[0], on_clock[2]):
        found = hour
    half = found - _HOUR // 2
    minute, of_half, of_hour = ((at + _offset(zone, at)) // _MINUTE % 60 for at in (found, half, hour))
    return half if half > start and of_half in (minute, of_hour) else found
