"""What a real Directus leaves of a schedule that it fires, against the fires that are expected of it."""

from __future__ import annotations

import dataclasses
import json
import time
from typing import TYPE_CHECKING

from compliance.systems.birth_scan.firing import flow_is_active_and_fires
from compliance.systems.protocol import Facts
from tests import faults
from tests.endpoints import POLICY

if TYPE_CHECKING:
    from pathlib import Path

    from compliance.estate.config import Estate
    from tests.live.directus_live import Live

FLOW = POLICY.flow.id
LOADING, LATE = 5, 3  # seconds: until a fire is asked for after a write, and until its run has to be there


def said(estate: Estate) -> set[str | None]:
    """The facets of what is found; nothing: it has fired, and only when it was due."""
    run = faults.looked_at(estate)
    facts = Facts("birth_scan", run.policies, run.observation)
    return {getattr(item, "facet", "not applicable") for item in flow_is_active_and_fires(facts)}


def test_a_schedule_of_seconds_leaves_a_run_for_each_fire_and_another_one_in_the_row_is_found_out(
    directus: Live, tmp_path: Path
) -> None:
    change = faults.Edit("birth_scan.yaml", "late_seconds: 120", f"late_seconds: {LATE}")
    estate = dataclasses.replace(
        directus.estate(), policy=faults.copied(directus.estate().policy, tmp_path / "policy", (change,))
    )
    directus.data("PATCH", f"/flows/{FLOW}", {"options": {"cron": "*/2 * * * * *"}})
    assert said(estate) == {"not applicable"}
    time.sleep(LOADING + LATE + 5)
    assert directus.runs(FLOW) >= 4
    assert said(estate) == set()
    directus.rows(
        "update public.directus_flows set options = %s::json where id = %s",
        json.dumps({"cron": "0 0 1 1 *"}),
        FLOW,
    )
    assert said(estate) == {"unexpected"}
    directus.data("PATCH", f"/flows/{FLOW}", {"options": {"cron": "*/2 * * * * *"}})
    directus.data("PATCH", f"/flows/{FLOW}", {"status": "inactive"})
    assert said(estate) == {"inactive"}
