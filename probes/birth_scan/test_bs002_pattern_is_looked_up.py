"""BS002: Question 2: it can be said whether the pattern is registered as a tool.

Why: a registered pattern shows how a scheduled tool is registered; that it is not is a gap, which BS029 names;
  but rows that cannot be told apart show nothing (document 001, 2.A).
Remedy: name the column that names a tool under `tool.columns`, and leave one row for the pattern.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan import pattern

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS002", family="pattern", severity="high", phase="readiness")
@pytest.mark.each("birth_scan.pattern_tool")
def test_pattern_is_looked_up(look: Look) -> None:
    """Question 2: it can be said whether the pattern is registered as a tool."""
    look.expect_none(pattern.pattern_is_looked_up)
