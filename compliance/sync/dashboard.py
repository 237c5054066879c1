"""What the history says of each target now: values for the page, to which neither clock nor machine adds anything."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.sync import history
from compliance.systems.directional_sync import schedules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from compliance.sync.history import Past, Stats

POINTS = 30  # runs of which a line shows how long they took
_LATE = timedelta(hours=1)  # GitHub starts late; only after that is a target overdue


class Point(NamedTuple):
    """A run of a target."""

    seconds: float
    good: bool


class Seen(NamedTuple):
    """A result, and the run that it is of."""

    run: Past
    result: Mapping[str, Any]


class Row(NamedTuple):
    """Of one target. `schedule`: as it was at its last run; `due`: None without one; `overdue`: it was due, and no run
    of it is recorded; `back`: the run that has rolled back what it last landed."""

    name: str
    last: Seen
    success: Past | None
    error: Seen | None
    schedule: str | None
    due: datetime | None
    overdue: bool
    back: Past | None
    stats: Stats
    points: tuple[Point, ...]

    @property
    def good(self) -> bool:
        return bool(self.last.result["success"])


class View(NamedTuple):
    """`rows`: who needs a look first, then by name."""

    repository: str
    now: datetime
    rows: tuple[Row, ...]
    runs: Sequence[Past]
    recorded: int

    @property
    def failed(self) -> list[str]:
        return [row.name for row in self.rows if not row.good]

    @property
    def overdue(self) -> list[str]:
        return [row.name for row in self.rows if row.overdue]


def view(repository: str, runs: Sequence[Past], now: datetime, limit: int) -> View:
    """`runs`: all of them, the newest first; the page lists as many as `limit`."""
    seen: dict[str, list[Seen]] = {}
    backs: dict[str, Past] = {}
    for run in runs:
        for result in run.results:
            name = result["target"]
            if run.kind == "sync":
                seen.setdefault(name, []).append(Seen(run, result))
            elif result["commit"] and name not in seen:
                backs.setdefault(name, run)
    stats = {each.target: each for each in history.stats(runs)}
    rows = [_row(name, found, backs.get(name), stats[name], now) for name, found in seen.items()]
    rows.sort(key=lambda row: (row.good, not row.overdue, row.name))
    return View(repository, now, tuple(rows), runs[:limit], len(runs))


def _row(name: str, found: Sequence[Seen], back: Past | None, stats: Stats, now: datetime) -> Row:
    last = found[0]
    schedule = last.run.facts.get(name, {}).get("schedule")
    due, overdue = _due(schedule, last.run, now)
    ran = [Point(each.result["duration"], each.result["success"]) for each in found if each.result["ran"]]
    return Row(
        name, last,
        next((each.run for each in found if each.result["success"]), None),
        next((each for each in found if not each.result["success"]), None),
        schedule, due, overdue, back, stats, tuple(reversed(ran[:POINTS])),
    )  # fmt: skip


def _due(schedule: str | None, last: Past, now: datetime) -> tuple[datetime | None, bool]:
    if schedule is None:
        return None, False
    try:
        missed = schedules.following(schedule, datetime.fromisoformat(last.when))
        return schedules.following(schedule, now), missed + _LATE < now
    except schedules.NotASchedule:  # of a version that read them differently
        return None, False
