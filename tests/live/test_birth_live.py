"""The whole way of document 001 on real parts: a schedule of Directus, an endpoint in Nitro, a function in PostgreSQL.

The flow fires every second or two instead of every six hours; all else is as the compiler writes it.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.endpoints import POLICY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.live.directus_live import Live

FLOW = POLICY.flow.id
SUMMARY = POLICY.issues.values["issue_type"]
OFTEN = "*/2 * * * * *"
PATIENCE = 20.0


@pytest.fixture
def scheduled(directus: Live) -> Iterator[Callable[[str], None]]:
    """Lets the flow fire by another cron, as the API would write it; at the end none of it fires any more."""

    def every(cron: str) -> None:
        directus.data("PATCH", f"/flows/{FLOW}", {"options": {"cron": cron}})

    yield every
    every(POLICY.cadence.cron)


def eventually(seen: Callable[[], Any], said: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := seen()):
        assert time.monotonic() < deadline, said
        time.sleep(0.05)
    return found


def summaries(directus: Live) -> list[tuple[str, str, dict[str, Any]]]:
    """Run, text and what was kept of each summary, in their order."""
    return [
        (run, text, kept)
        for run, text, kept in directus.rows(
            "select run_id, description, evidence_snapshot from public.system_issues"
            " where issue_type = %s order by id",
            SUMMARY,
        )
    ]


def trail(directus: Live) -> list[str]:
    """What Directus itself kept of each run of the flow: the steps and what they were given and gave, as text."""
    return [
        json.dumps(data)
        for (data,) in directus.rows(
            "select r.data from public.directus_revisions r join public.directus_activity a on a.id = r.activity"
            " where a.action = 'run' and r.item = %s order by r.id",
            FLOW,
        )
    ]


@contextmanager
def a_gap(directus: Live) -> Iterator[str]:
    """A collection that nobody onboarded."""
    directus.rows(
        "insert into public.collection_registry (collection_name, governance_role) values ('orphans', 'governed')"
    )
    directus.rows("delete from public.system_issues where entity_code = 'orphans'")  # the soft gate's
    yield "orphans"


def test_gaps_and_a_summary_appear_and_outlive_the_trail_of_directus(
    directus: Live, scheduled: Callable[[str], None]
) -> None:
    with directus.endpoints.serving(directus.database), a_gap(directus) as collection:
        scheduled(OFTEN)
        eventually(lambda: len(summaries(directus)) > 1, "no summary of two scans")
        scheduled(POLICY.cadence.cron)
        directus.settle()
    gaps = dict(
        directus.rows(
            "select title, occurrence_count from public.system_issues where entity_code = %s", collection
        )
    )
    assert len(gaps) == 2  # no species, and no such table
    scans = summaries(directus)
    assert set(gaps.values()) == {len(scans)}  # known gaps are seen again, and not logged twice
    first, second = (kept for _, _, kept in scans[:2])
    assert (first["status"], first["new_gaps"], second["new_gaps"]) == ("complete", 2, 0)
    assert second["gaps_by_kind"] == first["gaps_by_kind"]
    assert all(run == kept["run_id"] and run in text for run, text, kept in scans)

    runs = trail(directus)
    assert len(runs) == len(scans)
    assert all('"status": "resolve"' in run for run in runs)
    assert all(run in "".join(runs) for run, _, _ in scans)  # what was answered is in the trail of Directus
    assert directus.endpoints.token not in "".join(runs)
    directus.rows("delete from public.directus_revisions")
    directus.rows("delete from public.directus_activity")
    assert summaries(directus) == scans


def test_the_kill_switch_stops_the_next_fire_and_it_says_so(
    directus: Live, scheduled: Callable[[str], None]
) -> None:
    with directus.endpoints.serving(directus.database), a_gap(directus) as collection:
        directus.rows("update public.dot_config set value = 'false' where key = %s", POLICY.config.enabled)
        scheduled(OFTEN)
        (said, *_) = eventually(lambda: trail(directus), "it did not fire")
        assert "disabled" in said
        assert POLICY.config.enabled in said
        scheduled(POLICY.cadence.cron)
        directus.settle()
    assert summaries(directus) == []
    assert not directus.rows("select 1 from public.system_issues where entity_code = %s", collection)


def test_an_endpoint_that_is_down_is_recorded_and_the_next_fire_finds_what_it_missed(
    directus: Live, scheduled: Callable[[str], None]
) -> None:
    failed = "select count(*) from public.system_issues where title like '% failed at scan'"
    with a_gap(directus) as collection:
        scheduled(OFTEN)
        eventually(lambda: directus.rows(failed)[0][0], "nobody recorded that nobody answered")
        assert summaries(directus) == []
        with directus.endpoints.serving(directus.database):
            ((_, _, kept), *_) = eventually(lambda: summaries(directus), "nothing was made up for")
            scheduled(POLICY.cadence.cron)
            directus.settle()
    assert kept["new_gaps"] == 2
    assert directus.rows("select 1 from public.system_issues where entity_code = %s", collection)
