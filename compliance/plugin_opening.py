"""What a session of pytest begins with, as its options say: what is judged, and the profile that decides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from compliance import gating, keeping
from compliance.estate.config import declared
from compliance.probing import estate_file, load, look

if TYPE_CHECKING:
    from compliance.core.gates import Profile
    from compliance.probing import Run


def opened(config: pytest.Config) -> tuple[Run, Profile | None]:
    """The run, and the profile; None where the verdict decides. Under xdist a worker reads what the controller saw."""
    workerinput = getattr(config, "workerinput", {})
    recorded = workerinput.get("compliance_observation") or config.getoption("observation")
    if workerinput and not recorded:
        raise pytest.UsageError("under xdist name what to look at: --estate FILE or --observation FILE")
    judged_at = workerinput.get("compliance_judged_at") or config.getoption("judged_at")
    file, kept = estate_file(config.getoption("estate")), config.getoption("audit_history")
    known = keeping.read(Path(kept), declared(file).name).now() if kept else None
    asked = config.getoption("profile"), config.getoption("fail_on")
    profile = gating.chosen(load(file)[1], *asked) if any(asked) else None
    run = look(file, Path(recorded) if recorded else None, judged_at=judged_at)
    run.known = known
    return run, profile
