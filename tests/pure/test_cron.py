"""Schedules as the cron library of the installed Directus has them: what it takes, when it fires, what is the same."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.core.cron import Schedule, accepted_by_directus, equal, meaning, read
from compliance.core.fires import after, fires
from compliance.estate.resources import resource
from tests.pure import schedules

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDED = json.loads((Path(__file__).parent.parent / "vectors" / "cron.json").read_text(encoding="utf-8"))
# Begin of a day on which clocks are changed, and of one on which they are not.
CHANGES = [("Europe/Berlin", "2026-03-29"), ("Europe/Berlin", "2026-10-25"), ("America/New_York", "2026-11-01"),
           ("Australia/Lord_Howe", "2026-04-05"), ("Australia/Lord_Howe", "2026-10-04"), ("UTC", "2028-02-29"),
           ("Asia/Kolkata", "2027-01-01")]  # fmt: skip


def following(text: str, zone: str, start: int, count: int) -> list[int]:
    """What fires after a start, each time asked of the fire before."""
    found: list[int] = []
    while len(found) < count and (at := after(read(text), ZoneInfo(zone), found[-1] if found else start)):
        found.append(at)
    return found


def test_what_was_recorded_is_of_the_libraries_that_are_pinned() -> None:
    packages = json.loads(resource("fixtures/directus/package-lock.json").read_text(encoding="utf-8"))[
        "packages"
    ]
    assert [RECORDED[name] for name in ("cron", "luxon")] == [
        packages[f"node_modules/{name}"]["version"] for name in ("cron", "luxon")
    ]


@pytest.mark.parametrize(
    ("text", "zone", "start", "expected"),
    RECORDED["fires"],
    ids=[f"{t} {z} {s}" for t, z, s, _ in RECORDED["fires"]],
)
def test_a_schedule_fires_when_the_library_says(text: str, zone: str, start: int, expected: list[int]) -> None:
    assert following(text, zone, start, len(expected)) == expected


@pytest.mark.parametrize(
    ("one", "other", "alike"), RECORDED["alike"], ids=[f"{a} and {b}" for a, b, _ in RECORDED["alike"]]
)
def test_schedules_are_equal_where_the_library_fires_them_alike(one: str, other: str, alike: bool) -> None:
    assert equal(one, other) == equal(other, one) == alike


def test_a_window_holds_its_beginning_and_not_its_end() -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    window = (noon, noon + timedelta(hours=12))
    assert list(fires(read("0 */6 * * *"), "UTC", *window)) == [noon, noon + timedelta(hours=6)]
    late = (window[0] + timedelta(microseconds=1), window[1] + timedelta(microseconds=1))
    assert [found.hour for found in fires(read("0 */6 * * *"), "UTC", *late)] == [18, 0]


def test_an_hour_is_of_the_time_zone() -> None:
    window = (datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 2, tzinfo=UTC))
    hours = {
        zone: [f"{at:%H:%M}" for at in fires(read("0 9 * * *"), zone, *window)]
        for zone in ("UTC", "Asia/Kolkata")
    }
    assert hours == {"UTC": ["09:00"], "Asia/Kolkata": ["03:30"]}


def test_a_schedule_that_never_comes_has_no_fires() -> None:
    window = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2058, 1, 1, tzinfo=UTC))
    assert list(fires(read("0 0 30 2 *"), "UTC", *window)) == []
    assert equal("0 0 30 2 *", "0 5 31 2,4 *")
    assert not equal("0 0 30 2 *", "0 0 29 2 *")


@pytest.mark.parametrize(
    "text", ["0 0 ? * *", "0 0 * * ?", "0 0 0 ? * ?", "@midnight", " @Midnight ", "@annually"]
)
def test_what_other_programs_know_has_a_meaning_that_directus_refuses(text: str) -> None:
    assert accepted_by_directus(text) is not None
    assert equal(text, "0 0 1 1 *" if "annually" in text else "@daily")


@pytest.mark.parametrize(
    "text", ["", "0 0 L * *", "? * * * *", "0 0 * ? *", "0 0 ?? * *", "@reboot", "6h", None, 5, [], {}]
)
def test_what_says_nothing_equals_nothing(text: object) -> None:
    assert meaning(text) is None
    assert not equal(text, text)
    assert not equal(text, "0 0 * * *")


def test_space_is_what_javascript_takes_for_space() -> None:
    assert accepted_by_directus("0\u00a00\ufeff* * *") is None
    assert accepted_by_directus("0 0 * *\x1c*") is not None


def alike(one: str, other: str) -> bool:
    """Of two sequences of fires over 28 years: are the days the same, and on each of them the times?"""
    on = schedules.days(one)
    return on == schedules.days(other) and (not on or schedules.times(one) == schedules.times(other))


def judge(pair: tuple[str, str]) -> bool:
    found = equal(*pair)
    assert found == alike(*pair), pair
    return found


@settings(max_examples=200)
@given(schedules.pairs())
def test_two_schedules_are_equal_if_and_only_if_they_fire_alike(pair: tuple[str, str]) -> None:
    judge(pair)


@pytest.mark.prove
def test_ten_thousand_pairs_are_equal_if_and_only_if_they_fire_alike() -> None:
    found: Counter[bool] = Counter()

    @settings(max_examples=10_000)
    @given(schedules.pairs())
    def judged(pair: tuple[str, str]) -> None:
        found[judge(pair)] += 1

    judged()
    assert min(found[True], found[False]) > 2_000, found


@settings(max_examples=150)
@given(schedules.pairs(), st.sampled_from(CHANGES))
def test_what_is_equal_fires_alike_where_clocks_are_changed(
    pair: tuple[str, str], change: tuple[str, str]
) -> None:
    zone, day = change
    begin = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)) - timedelta(hours=1)
    one, other = (list(islice(_fires(meaning(text), zone, begin), 400)) for text in pair)
    assert not equal(*pair) or one == other
    assert one == sorted(set(one))


def _fires(schedule: Schedule | None, zone: str, begin: datetime) -> Iterator[datetime]:
    assert schedule is not None
    return fires(schedule, zone, begin, begin + timedelta(hours=30))
