"""DS027: no other workflow starts the sync.

Why: two workflows that start a target run it twice, at times that nobody compares, and one of them past the gates.
Remedy: start it from one workflow; let others call that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.directional_sync import otherworkflows

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("DS027", family="workflow", severity="medium", phase="conformance")
@pytest.mark.each("directional_sync.workflow")
def test_no_other_workflow(look: Look) -> None:
    """No other workflow starts the sync."""
    look.expect_none(otherworkflows.no_other_workflow_starts_it)
