"""DS005: the schedule is valid, and due when policy says.

Why: a schedule that GitHub refuses never runs, and says nothing; who reads texts alone takes equal times for
  different ones (document 003, 'Scheduled Runs').
Remedy: correct the schedule in sync.yaml, or review the one of policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.directional_sync import validity

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("DS005", family="schedules", severity="high", phase="readiness")
@pytest.mark.each("directional_sync.targets")
def test_schedules_are_as_declared(look: Look) -> None:
    """The schedule is valid, and due when policy says."""
    look.expect_none(validity.schedules_are_due_as_declared)
