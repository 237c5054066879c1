"""BS029: The flow that is copied from is registered as a tool.

Why: a job that fires and is not registered is governed by nobody (document 001, 2.A: 'a gap to address').
Remedy: register it in the table of tools.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan import questions

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS029", family="pattern", severity="medium", phase="conformance")
@pytest.mark.each("birth_scan.pattern_tool")
def test_pattern_is_registered(look: Look) -> None:
    """The flow that is copied from is registered as a tool."""
    look.expect_none(questions.pattern_is_registered)
