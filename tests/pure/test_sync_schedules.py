"""Schedules of `sync.yaml` as GitHub reads them, and compared by the minutes that they mean."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.systems.directional_sync import schedules

DOCUMENT = (
    "0 2 * * *",
    "0 3 * * *",
    "0 4 * * *",
    "0 */6 * * *",
    "0 */12 * * *",
    "0 5 * * 0",
    "0 1 1 * *",
    "0 2 1 * *",
)


def due(text: str, day: date) -> list[str]:
    """Times of a day, as a person writes them."""
    found = schedules.read(text)
    return [f"{m // 60}:{m % 60:02}" for m in sorted(found.times)] if found.falls_on(day) else []


@pytest.mark.parametrize(
    ("text", "day", "times"),
    [
        ("0 2 * * *", date(2026, 2, 28), ["2:00"]),
        ("0 */6 * * *", date(2026, 1, 1), ["0:00", "6:00", "12:00", "18:00"]),
        ("0 */12 * * *", date(2026, 1, 1), ["0:00", "12:00"]),
        ("0 5 * * 0", date(2026, 11, 22), ["5:00"]),
        ("0 5 * * 0", date(2026, 11, 23), []),
        ("0 1 1 * *", date(2026, 12, 1), ["1:00"]),
        ("0 1 1 * *", date(2026, 12, 2), []),
        ("0 8,9 * * *", date(2026, 1, 1), ["8:00", "9:00"]),
        ("0 08,09 * * *", date(2026, 1, 1), ["8:00", "9:00"]),
        ("30 5 13 * FRI", date(2026, 11, 13), ["5:30"]),
        ("30 5 13 * fri", date(2026, 11, 20), ["5:30"]),
        ("30 5 13 * FRI", date(2026, 12, 13), ["5:30"]),
        ("30 5 13 * FRI", date(2026, 12, 14), []),
        ("0 0 */2 * 1", date(2026, 11, 23), ["0:00"]),
        ("0 0 */2 * 1", date(2026, 11, 30), []),
        ("10/25 3 * * *", date(2026, 1, 1), ["3:10", "3:35"]),
        ("0 22-23 * JAN-MAR MON-FRI", date(2026, 3, 2), ["22:00", "23:00"]),
        ("0 0 29 2 *", date(2028, 2, 29), ["0:00"]),
    ],
)
def test_it_is_due_at_these_times_of_a_day(text: str, day: date, times: list[str]) -> None:
    assert due(text, day) == times


@pytest.mark.parametrize("text", DOCUMENT)
def test_every_schedule_of_the_document_is_one(text: str) -> None:
    assert schedules.read(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("@daily", "has 1 fields"),
        ("0 0 2 * * *", "has 6 fields"),
        ("", "has 0 fields"),
        ("60 2 * * *", "minute: 60 is outside of 0 to 59"),
        ("0 24 * * *", "hour: 24 is outside"),
        ("0 2 0 * *", "day of the month: 0 is outside of 1 to 31"),
        ("0 2 * 13 *", "month: 13"),
        ("0 2 * * 7", "day of the week: 7 is outside of 0 to 6"),
        ("0 2 * * L", "cannot be read"),
        ("0 2 ? * *", "cannot be read"),
        ("0 2 * * FREITAG", "cannot be read"),
        ("0 2 * * abc", "unknown word 'abc'"),
        ("0 2-1 * * *", "ends before it begins"),
        ("0 */0 * * *", "a step of zero"),
        ("0 2, * * *", "cannot be read"),
        ("-5 2 * * *", "cannot be read"),
        ("0 2 30 2 *", "names a day that never comes"),
        ("0 2 31 4,6,9,11 *", "names a day that never comes"),
        ("* * * * *", "due after 1 minute(s)"),
        ("*/4 * * * *", "nothing within 5"),
        ("0,4 3 * * *", "due after 4 minute(s)"),
        ("0,58 0,23 * * *", "due after 2 minute(s)"),
    ],
)
def test_what_github_refuses_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(schedules.NotASchedule) as caught:
        schedules.read(text)
    assert why in str(caught.value)


@pytest.mark.parametrize("text", ["*/5 * * * *", "0,5 3 * * *", "58 23 * * 0", "0,58 0,23 1 * *"])
def test_what_comes_close_is_not(text: str) -> None:
    assert schedules.read(text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("0 */6 * * *", "0 0,6,12,18 * * *", True),
        ("0 */6 * * *", "0 0-23/6 * * *", True),
        ("0 5 * * 0", "0 5 * * SUN", True),
        ("0 5 * * 0-6", "0 5 * * *", True),
        ("0 5 1-31 * *", "0 5 * * *", True),
        ("0 5 1-31 * 0", "0 5 * * 0", False),
        ("0 5 29-31 2 *", "0 5 29 2 *", True),
        ("0 */6 * * *", "0 */12 * * *", False),
        ("0 5 1 * 0", "0 5 1 * *", False),
    ],
)
def test_two_are_equal_by_what_they_mean(one: str, other: str, same: bool) -> None:
    assert schedules.equal(one, other) is schedules.equal(other, one) is same


def test_hours_within_other_hours_are_told() -> None:
    """`hour % 6` shadows 12: whoever runs every twelve hours never has a time of its own."""
    assert schedules.within("0 */12 * * *", "0 */6 * * *")
    assert not schedules.within("0 */6 * * *", "0 */12 * * *")
    assert schedules.meet("0 2 * * *", "0 2 1 * *")
    assert not schedules.meet("0 1 1 * *", "0 2 1 * *")
    assert not schedules.meet("0 5 31 1 *", "0 5 1 * *")


NUMBERS = st.one_of(st.just("*"), st.integers(1, 6).map(str), st.sampled_from(["*/2", "1-3", "2,5", "1-6/2"]))
TEXTS = st.tuples(st.sampled_from(["0", "*/30", "15"]), NUMBERS, NUMBERS, NUMBERS, NUMBERS).map(" ".join)


def minutes(text: str) -> set[tuple[date, int]]:
    found = schedules.read(text)
    days = [date(2001, 1, 1) + timedelta(n) for n in range(28 * 365 + 7)]
    return {(day, time) for day in days if found.falls_on(day) for time in found.times}


@given(TEXTS, TEXTS)
@settings(max_examples=8)
def test_comparing_by_days_and_times_is_comparing_minute_by_minute(one: str, other: str) -> None:
    a, b = minutes(one), minutes(other)
    assert schedules.equal(one, other) == (a == b)
    assert schedules.meet(one, other) == bool(a & b)
    assert schedules.within(one, other) == (a <= b)
