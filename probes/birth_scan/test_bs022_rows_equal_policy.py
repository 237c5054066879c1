"""BS022: Flow, configuration and tool row equal policy, and nothing stands in the flow that is not declared.

Why: what policy says is what was reviewed. A flow that was changed by hand, a cadence that only one of three
  places has, or an operation that was put into the flow, is what nobody has agreed to.
Remedy: `compliance compile birth_scan` writes a migration that repairs exactly this, all places in one
  transaction; or review the change and declare it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan.standing import rows_equal_policy

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS022", family="drift", severity="critical", phase="conformance")
@pytest.mark.each("birth_scan.rows")
def test_rows_equal_policy(look: Look) -> None:
    """Flow, configuration and tool row equal policy, and nothing stands in the flow that is not declared."""
    look.expect_none(rows_equal_policy)
