"""Evidence that is too old, from the command line: could not look, and nothing is compiled from it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.staging import Staging


def recorded(staging: Staging) -> tuple[str, datetime]:
    """What was observed just now, and when."""
    place = staging.folder / "observation.json"
    assert staging.run("observe", "-o", str(place)).code == 0
    return str(place), datetime.fromisoformat(json.loads(place.read_bytes())["observed_at"])


def test_a_recorded_observation_is_judged_up_to_its_limit_and_not_a_second_longer(
    staging: Staging, tmp_path: Path
) -> None:
    staging.platform(
        "directus: {schema: public}", "directus: {schema: public}\nevidence: {max_age: {observation: 24h}}"
    )
    place, at = recorded(staging)
    words = ("audit", "--observation", place, "--no-page", "--json", "--out", str(tmp_path), "--judged-at")
    in_time = staging.run(*words, (at + timedelta(hours=24)).isoformat())
    late = staging.run(*words, (at + timedelta(hours=24, seconds=1)).isoformat())
    assert (in_time.code, late.code) == (1, 3)
    good, old = json.loads(in_time.out), json.loads(late.out)
    assert (good["counts"]["could_not_look"], old["counts"]["kept"]) == (0, 3), (
        "the policies were still reviewed"
    )
    assert good["observation"] == old["observation"]
    assert [item["kind"] for item in good["compiled"]] == ["seed", "migration"]
    assert old["compiled"] == []


def test_nothing_is_compiled_from_evidence_that_is_too_old(staging: Staging) -> None:
    place, at = recorded(staging)
    data = json.loads((staging.folder / "observation.json").read_bytes())
    for provenance in data["provenance"].values():
        provenance[2] = (at - timedelta(hours=25)).isoformat()
    (staging.folder / "observation.json").write_text(json.dumps(data))
    words = ("compile", "command_catalog", "--observation", place, "--out", str(staging.folder / "again"))
    assert staging.run(*words).code == 0
    staging.platform(
        "directus: {schema: public}", "directus: {schema: public}\nevidence: {max_age: {observation: 24h}}"
    )
    said = staging.run(*words)
    assert said.code == 4
    assert "old, and policy limits the age of observation to 24h: observe again" in said.err
