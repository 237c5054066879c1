"""BS006: Question 6: a summary of a run can be kept in the issues.

Why: a scan that nobody can look up afterwards is no governed one; no table and no column is made for it, so a
  row has to fit the table that is there (document 001, 2.E). BLOCKED_FOR_OBSERVABILITY_DECISION where none
  does.
Remedy: name columns and values, under `issues` and `flow.failures`, that the table takes; else decide where
  runs are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan import observing

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS006", family="issues", severity="critical", phase="readiness")
@pytest.mark.each("birth_scan.issues")
def test_runs_can_be_observed(look: Look) -> None:
    """Question 6: a summary of a run can be kept in the issues."""
    look.expect_none(observing.runs_can_be_observed)
