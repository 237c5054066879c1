"""BS001: Question 1: the flow that is copied from is there, is scheduled and sends a request.

Why: what the new flow does is what a flow does that is known to work; without one every value of it is a guess
  (document 001, section 4).
Remedy: name, in `pattern.flow`, one active flow that a schedule triggers and that calls an endpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan import pattern

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS001", family="pattern", severity="critical", phase="readiness")
@pytest.mark.each("birth_scan.pattern")
def test_pattern_is_there(look: Look) -> None:
    """Question 1: the flow that is copied from is there, is scheduled and sends a request."""
    look.expect_none(pattern.pattern_is_there)
