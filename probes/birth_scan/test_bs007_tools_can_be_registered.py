"""BS007: Question 7: the tool's row fits the table of tools, in words that are in use there.

Why: names of columns and words of the design are candidates: a tool of a type that nobody uses is found by
  nobody (document 001, section 3).
Remedy: name columns and words of the table under `tool.columns` and `tool.values`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan import registering

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS007", family="tools", severity="high", phase="readiness")
@pytest.mark.each("birth_scan.tools")
def test_tools_can_be_registered(look: Look) -> None:
    """Question 7: the tool's row fits the table of tools, in words that are in use there."""
    look.expect_none(registering.tools_can_be_registered)
