"""Thousands of schedules, asked of the cron library that the installed Directus has: what it takes, when it fires."""

from __future__ import annotations

import json
import random
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings

from compliance.core.cron import NotASchedule, read
from compliance.core.fires import after
from compliance.estate import directus
from tests.pure import schedules
from tests.pure.test_cron import CHANGES

pytestmark = pytest.mark.prove
RECORDER = Path(__file__).parent.parent / "vectors" / "record_cron.mjs"
MARKS = "*/,-?L#7 0@a\u00a0\ufeff\x1c"


def generated(count: int) -> list[str]:
    """Schedules as people write them."""
    found: list[str] = []

    @settings(max_examples=count, database=None, suppress_health_check=list(HealthCheck))
    @given(schedules.schedules())
    def collect(text: str) -> None:
        found.append(text)

    collect()
    return found


def damaged(chance: random.Random, text: str) -> str:
    """One character put in, taken out or replaced."""
    at = chance.randrange(len(text))
    put: str = chance.choice(["", *MARKS])
    return text[:at] + put + text[at + chance.randrange(2) :]


def library(asked: list[list[Any]]) -> list[list[int] | None]:
    """What the library says of [text, zone, start, count]."""
    of = directus.install()
    done = subprocess.run(
        [of.node, RECORDER, of.home, "-"],
        input="\n".join(map(json.dumps, asked)),
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def ours(text: str, zone: str, start: int, count: int) -> list[int] | None:
    try:
        schedule = read(text)
    except NotASchedule:
        return None
    found: list[int] = []
    while len(found) < count and (at := after(schedule, ZoneInfo(zone), found[-1] if found else start)):
        found.append(at)
    return found


def test_ours_and_the_library_fire_at_the_same_instants_around_changes_of_the_clocks() -> None:
    chance = random.Random(1)
    asked: list[list[Any]] = []
    for text in generated(4000):
        zone, day = chance.choice(CHANGES)
        begin = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)) + timedelta(
            minutes=chance.randrange(-60, 240)
        )
        asked.append([text, zone, int(begin.timestamp()), 6])
        asked.append([damaged(chance, text), zone, int(begin.timestamp()), 1])
    different = [(one, said) for one, said in zip(asked, library(asked), strict=True) if ours(*one) != said]
    assert different == []
