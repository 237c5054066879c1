"""BS026: Called, the endpoint scans for who may, refuses who may not, and leaves one summary.

Why: what a file says is not yet what a running server does: the token it was given, the role it connects as and
  what the function answers show only when it is called. With the kill switch off it has to say so, and do
  nothing.
Remedy: `compliance exercise birth_scan` calls it, which writes and needs an approval; put right what is listed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan.exercise import exercised_as_declared

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS026", family="endpoint", severity="critical", phase="conformance")
@pytest.mark.each("birth_scan.asked")
def test_exercised_as_declared(look: Look) -> None:
    """Called, the endpoint scans for who may, refuses who may not, and leaves one summary."""
    look.expect_none(exercised_as_declared)
