"""BS010: The function is there as declared, whole, and the endpoint may call it.

Why: no plan changes it, so what it is decides what may be compiled; PostgreSQL looks for what a function names
  only when it runs (document 001, section 1).
Remedy: whoever owns the function puts it right, or policy is corrected; grant EXECUTE to the role behind the
  endpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan import function

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS010", family="function", severity="critical", phase="readiness")
@pytest.mark.each("birth_scan.scan")
def test_function_is_as_declared(look: Look) -> None:
    """The function is there as declared, whole, and the endpoint may call it."""
    look.expect_none(function.function_is_as_declared)
