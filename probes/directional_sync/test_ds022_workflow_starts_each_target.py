"""DS022: the workflow starts each target when it is due, once.

Why: `hour % 6` shadowed 12, so that the 12-hourly target never ran; 08 and 09 were read as octal; a start that came
  late ran every target (document 003, acceptance criterion 10).
Remedy: `compliance sync workflow` writes one that does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.directional_sync import workflows

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("DS022", family="workflow", severity="high", phase="conformance")
@pytest.mark.each("directional_sync.started")
def test_workflow_starts_each_target(look: Look) -> None:
    """The workflow starts each target when it is due, once."""
    look.expect_none(workflows.each_target_is_started)
