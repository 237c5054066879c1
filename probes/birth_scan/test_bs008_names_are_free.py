"""BS008: Nobody else bears a name that the scan needs.

Why: flows are not adopted by their name, and a second route, key, tool or lock of the same name answers in
  place of the scan's (document 001, section 3: 'must be checked for conflicts').
Remedy: rename what bears the name, or choose another one in the policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan import conflicts

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS008", family="conflicts", severity="critical", phase="readiness")
@pytest.mark.each("birth_scan.flow")
def test_names_are_free(look: Look) -> None:
    """Nobody else bears a name that the scan needs."""
    look.expect_none(conflicts.names_are_free)
