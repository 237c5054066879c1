"""Schedules to try: pairs that are often equal, spelled apart, and one reader of them that shares nothing with ours."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from hypothesis import strategies as st

LIMITS = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
MONTHS = ("", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
NAMED = {4: MONTHS, 5: WEEKDAYS}
MACROS = {"@yearly": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0", "@daily": "0 0 * * *",
          "@hourly": "0 * * * *", "@minutely": "* * * * *", "@secondly": "* * * * * *", "@weekdays": "0 0 * * 1-5",
          "@weekends": "0 0 * * 0,6", "@annually": "0 0 1 1 *", "@midnight": "0 0 * * *"}  # fmt: skip
# Days of 28 years: each date on each day of the week is among them.
CALENDAR = [date(2024, 1, 1) + timedelta(days=n) for n in range((date(2052, 1, 1) - date(2024, 1, 1)).days)]
DAYS = [(day.month, day.day, int(day.strftime("%w"))) for day in CALENDAR]


@st.composite
def fields(draw: st.DrawFn, at: int) -> str:
    """One field: few enough forms for two of them to agree now and then."""
    low, high = LIMITS[at]
    form = draw(st.sampled_from(["*", "*", "*", "one", "one", "step", "range", "ranged", "from", "list", "?"]))
    one, other = sorted(draw(st.tuples(st.integers(low, high), st.integers(low, high))))
    step = draw(st.sampled_from([1, 2, 3, 5, 6, 7, 10, 12, 20, 30, 40, 61]))
    match form:
        case "one":
            names = NAMED.get(at, ())
            return names[one] if names and one < len(names) and draw(st.booleans()) else str(one)
        case "step":
            return f"*/{step}"
        case "range":
            return f"{one}-{other}"
        case "ranged":
            return f"{one}-{other}/{step}"
        case "from":
            return f"{one}/{step}"
        case "list":
            return f"{one},{draw(st.integers(low, high))},{one}-{other}"
        case "?":
            return "?" if at in (3, 5) else "*"
    return "*"


@st.composite
def schedules(draw: st.DrawFn) -> str:
    """A text of 5 or 6 fields, or a macro."""
    if draw(st.integers(0, 11)) == 0:
        return draw(st.sampled_from(sorted(MACROS)))
    first = draw(st.sampled_from([0, 1, 1, 1]))
    return " ".join(draw(fields(at)) for at in range(first, 6))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str]:
    """Two schedules: the second one anew, or the first one spelled in another way, with perhaps one field changed."""
    one = draw(schedules())
    if draw(st.integers(0, 3)) == 0:
        return one, draw(schedules())
    parts = six(one)
    other = [draw(spellings(part, at)) for at, part in enumerate(parts)]
    if draw(st.booleans()):
        at = draw(st.integers(0, 5))
        other[at] = draw(fields(at))
    return one, " ".join(other[1:] if other[0] == "0" and draw(st.booleans()) else other)


@st.composite
def spellings(draw: st.DrawFn, part: str, at: int) -> str:
    """The same values: as they were, as a list, as a list with names, or as one range where they are one."""
    low, high = LIMITS[at]
    held = sorted({value % 7 if at == 5 else value for value in range(low, high + 1) if holds(part, value, at)})
    forms = [part, ",".join(map(str, held)), ",".join(map(str, reversed(held)))]
    if at in NAMED:
        forms.append(",".join(NAMED[at][value] for value in held))
    if held == list(range(held[0], held[-1] + 1)):
        forms.append(f"{held[0]}-{held[-1]}")
    if held == list(range(low, (7 if at == 5 else high + 1))):
        forms += ["*", "*/1"]
    return draw(st.sampled_from(forms))


def six(text: str) -> list[str]:
    """The fields, seconds first."""
    parts = MACROS.get(text, text).split()
    return parts if len(parts) == 6 else ["0", *parts]


@cache
def holds(part: str, value: int, at: int) -> bool:
    """Does a value match a field? Asked of each value, where ours expands the field."""
    if at == 5:
        return any(
            _one(item, v, at) for item in part.split(",") for v in ((0, 7) if value % 7 == 0 else (value,))
        )
    return any(_one(item, value, at) for item in part.split(","))


def _one(item: str, value: int, at: int) -> bool:
    bounds, _, step = item.partition("/")
    first, _, last = bounds.partition("-")
    if bounds in ("*", "?"):
        begin, end = LIMITS[at]
    else:
        begin = _number(first, at)
        end = _number(last, at) if last else LIMITS[at][1] if step else begin
    return begin <= value <= end and (value - begin) % int(step or 1) == 0


def _number(text: str, at: int) -> int:
    return NAMED[at].index(text) if text.isalpha() else int(text)


def days(text: str) -> list[date]:
    """The days of 28 years on which it fires, each judged by itself."""
    numbers, months, weekdays = (values(text, at) for at in (3, 4, 5))
    narrow = len(numbers) < 31 and len(weekdays) < 7
    found = []
    for day, (month, number, weekday) in zip(CALENDAR, DAYS, strict=True):
        if month in months and ((number in numbers) + (weekday in weekdays) >= (1 if narrow else 2)):
            found.append(day)
    return found


def values(text: str, at: int) -> set[int]:
    """Of a field, a day of the week from Sunday, 0."""
    low, high = LIMITS[at]
    return {
        value for value in range(low, min(high, 6 if at == 5 else high) + 1) if holds(six(text)[at], value, at)
    }


def times(text: str) -> list[tuple[int, int, int]]:
    """The times of a day at which it fires."""
    hours, minutes, seconds = (sorted(values(text, at)) for at in (2, 1, 0))
    return [(hour, minute, second) for hour in hours for minute in minutes for second in seconds]
