"""BS023: The flow is active and has run when it was due, and only then.

Why: rows can be as declared while nothing runs: a flow that was written by SQL is not loaded, schedules have stopped
  after weeks, and two processes fire twice (FACTS, 'Directus').
Remedy: look at the log of Directus; write the flow once by its API, or restart Directus, so that it loads its schedules
  again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan.firing import flow_is_active_and_fires

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS023", family="firing", severity="critical", phase="conformance")
@pytest.mark.each("birth_scan.flow")
def test_flow_is_active_and_fires(look: Look) -> None:
    """The flow is active and has run when it was due, and only then."""
    look.expect_none(flow_is_active_and_fires)
