"""Runs against fires: what is missed, what is too many, from when on, and by which clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.core.errors import CouldNotLook
from compliance.core.facts import DirectusServer, Since
from compliance.core.finding import Finding, NotApplicable
from compliance.core.flows import FLOW_COLUMNS
from compliance.core.observation import Blind, Observation, Provenance, Row, Seen, SourceUnavailable
from compliance.systems.birth_scan import desired
from compliance.systems.birth_scan.firing import flow_is_active_and_fires, matched
from compliance.systems.birth_scan.policy import Cadence
from compliance.systems.protocol import Facts
from tests.endpoints import POLICY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
ORIGIN = Provenance("test", "", NOW.isoformat(), 0.0)
FLOW = POLICY.flow.id
# Of 48 hours before NOW, at which `0 */6 * * *` fires in UTC.
DUE = [datetime(2026, 11, day, hour, tzinfo=UTC) for day, hours in ((19, [18]), (20, range(0, 24, 6)), (21, [0, 6, 12]))
       for hour in hours]  # fmt: skip


def judged(
    runs: Iterable[datetime],
    writes: Iterable[datetime] = (),
    since: datetime | None = None,
    zone: str = "UTC",
    now: datetime = NOW,
    **flow: Any,
) -> dict[str, str]:
    """Findings by facet; why it is not applicable under that name."""
    policy = replace(POLICY, cadence=Cadence(POLICY.cadence.cron, zone, True))
    row = dict(zip(FLOW_COLUMNS, desired.desired(policy).flows[0], strict=True)) | flow
    trail = [*(("run", at) for at in runs), *(("update", at) for at in writes)]
    sections: dict[str, Seen[Any] | Blind] = {
        "directus.server": Seen((DirectusServer("11.17.4"),), ORIGIN),
        "directus.since": Seen((Since(since.isoformat()),) if since else (), ORIGIN),
        "rows:flows": Seen((Row(tuple(row.values())),), ORIGIN),
        "rows:birth_runs": Seen(
            tuple(Row((n, action, "directus_flows", _written(at))) for n, (action, at) in enumerate(trail)),
            ORIGIN,
        ),
    }
    return _said(policy, sections, now)


def _said(policy: Any, sections: Mapping[str, Seen[Any] | Blind], now: datetime = NOW) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in flow_is_active_and_fires(
        Facts("birth_scan", {"birth_scan": policy}, Observation("e", now.isoformat(), sections))
    ):
        assert isinstance(item, (Finding, NotApplicable))
        assert item.subject == policy.flow.name
        found |= (
            {item.facet or "": item.message} if isinstance(item, Finding) else {"not applicable": item.reason}
        )
    return found


def _written(at: datetime) -> str:
    """As PostgreSQL's rows are read."""
    return at.isoformat().replace("+00:00", "Z")


def late(by: timedelta, times: Sequence[datetime] = DUE) -> list[datetime]:
    return [at + by for at in times]


@pytest.mark.parametrize("seconds", [0.0, 4.2, 119.9, -0.5])
def test_a_run_for_each_fire_is_all_that_is_asked_for(seconds: float) -> None:
    assert judged(late(timedelta(seconds=seconds))) == {}


def test_what_is_missed_is_counted_and_the_first_one_named() -> None:
    found = judged([at for at in late(timedelta(seconds=3)) if at.hour != 6])
    assert found == {"missed": "2 of 8 fires left no run, the first one that of 2026-11-20T06:00:00+00:00"}


def test_a_run_that_comes_too_late_is_another_run() -> None:
    assert judged(late(timedelta(seconds=121))).keys() == {"missed", "unexpected"}


def test_a_fire_that_may_still_leave_its_run_is_not_missed() -> None:
    soon = DUE[-1] + timedelta(seconds=119)
    assert judged(late(timedelta(seconds=1), DUE[:-1]), now=soon) == {}
    assert "missed" in judged(late(timedelta(seconds=1), DUE[:-1]), now=soon + timedelta(seconds=2))


MINUTELY = [NOW - timedelta(hours=1) + timedelta(minutes=n) for n in range(60)]


def each_minute(runs: Sequence[datetime]) -> dict[str, str]:
    """Of a flow that fires each minute of the last hour, where a run may be two minutes late."""
    assert POLICY.firing.late_seconds == 120
    return judged(runs, since=MINUTELY[0], options={"cron": "0 * * * * *"})


@pytest.mark.parametrize("place", [0, 1, 30, 57])
@pytest.mark.parametrize("seconds", [-0.5, 0.0, 4.2, 50.0])
def test_a_fire_that_is_missed_among_others_close_by_is_missed(place: int, seconds: float) -> None:
    gone = MINUTELY[place]
    found = each_minute(late(timedelta(seconds=seconds), [at for at in MINUTELY if at != gone]))
    assert found == {"missed": f"1 of 59 fires left no run, the first one that of {gone.isoformat()}"}


def test_each_of_many_fires_that_are_missed_close_together_is_counted() -> None:
    found = each_minute(late(timedelta(seconds=3), MINUTELY[::2]))
    assert found["missed"].startswith("29 of 59 fires left no run")


@pytest.mark.parametrize("seconds", [-0.5, 0.0, 4.2, 58.0])
def test_runs_that_are_a_little_late_among_fires_close_by_are_all_there(seconds: float) -> None:
    assert each_minute(late(timedelta(seconds=seconds), MINUTELY)) == {}


def test_a_run_between_fires_and_a_second_run_are_too_many() -> None:
    regular = late(timedelta(seconds=1))
    for extra in (DUE[3] + timedelta(hours=1), DUE[3] + timedelta(seconds=2)):
        assert judged([*regular, extra]) == {
            "unexpected": f"1 runs came when nothing was due, the first one at {extra.isoformat()}"
        }


def test_nothing_is_asked_of_the_time_before_this_directus_or_before_the_flow_was_written() -> None:
    then = DUE[4] - timedelta(minutes=5)
    after = late(timedelta(seconds=1), DUE[4:])
    assert "missed" in judged(after)
    assert judged(after, since=then) == judged(after, writes=[then]) == {}
    assert "missed" in judged(after[1:], since=then)
    assert judged([], since=DUE[-1] + timedelta(hours=1)).keys() == {"not applicable"}


def test_a_run_that_began_before_the_flow_was_written_is_no_surplus() -> None:
    written = DUE[-1] + timedelta(seconds=30)
    assert judged([DUE[-1] + timedelta(seconds=40)], writes=[written]).keys() == {"not applicable"}


def test_hours_are_of_the_time_zone_through_a_change_of_its_clocks() -> None:
    now = datetime(2026, 3, 29, 12, tzinfo=UTC)  # at 01:00 UTC the clocks of Berlin went from 2 to 3
    berlin = ["2026-03-27T17", "2026-03-27T23", "2026-03-28T05", "2026-03-28T11", "2026-03-28T17", "2026-03-28T23",
              "2026-03-29T04", "2026-03-29T10"]  # fmt: skip
    runs = [datetime.fromisoformat(f"{hour}:00:02+00:00") for hour in berlin]
    assert judged(runs, zone="Europe/Berlin", now=now) == {}
    assert judged(runs, zone="UTC", now=now).keys() == {"missed", "unexpected"}


@pytest.mark.parametrize(
    ("flow", "facet"),
    [
        ({"status": "inactive"}, "inactive"),
        ({"status": "draft"}, "inactive"),
        ({"trigger": "webhook"}, "trigger"),
        ({"options": {"cron": "0 0 ? * *"}}, "cron"),
        ({"options": {}}, "cron"),
        ({"options": None}, "cron"),
        ({"id": "00000000-0000-4000-8000-000000000001"}, "missing"),
        ({"accountability": None}, "not applicable"),
    ],
)
def test_a_flow_that_cannot_fire_is_no_flow_that_was_quiet(flow: dict[str, Any], facet: str) -> None:
    assert judged(late(timedelta(seconds=1)), **flow).keys() == {facet}


def test_where_directus_is_not_looked_at_nothing_is_said() -> None:
    for unavailable, error in ((True, SourceUnavailable), (False, CouldNotLook)):
        with pytest.raises(error, match=r"directus\.server"):
            _said(
                POLICY,
                {"rows:birth_runs": Seen((), ORIGIN), "directus.server": Blind("no", ORIGIN, unavailable)},
            )
    with pytest.raises(CouldNotLook, match="trail"):
        _said(replace(POLICY, directus=None), {"directus.server": Seen((DirectusServer("11"),), ORIGIN)})


@settings(max_examples=200)
@given(
    st.lists(st.integers(0, 400), unique=True).map(sorted),
    st.integers(0, 30),
    st.data(),
)
def test_as_many_runs_as_can_be_have_a_fire(fires: list[int], late_by: int, data: st.DataObject) -> None:
    """Runs that each came late by no more than is allowed, before the next fire, less some: so many are missed."""
    kept = [data.draw(st.booleans()) for _ in fires]
    room = [after - at - 2 for at, after in pairwise([*fires, 1_000])]
    offsets = [data.draw(st.integers(0, max(0, min(late_by, left)))) for left in room]
    runs = sorted(at + by for at, by, there in zip(fires, offsets, kept, strict=True) if there)
    missed, others = matched(
        list(map(at_second, fires)), list(map(at_second, runs)), timedelta(seconds=late_by)
    )
    assert others == []
    assert missed == {at_second(at) for at, there in zip(fires, kept, strict=True) if not there}


def at_second(second: int) -> datetime:
    return NOW + timedelta(seconds=second)
