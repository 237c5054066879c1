"""DS025: no .gitignore leaves out what is kept in step.

Why: an output that git leaves out is written and never committed: new outputs that nobody saw were the old runner's
  commonest failure.
Remedy: take the pattern out of the .gitignore, or except the output with `!`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.directional_sync import leftout

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("DS025", family="outputs", severity="high", phase="conformance")
@pytest.mark.each("directional_sync.kept")
def test_nothing_is_left_out(look: Look) -> None:
    """No .gitignore leaves out what is kept in step."""
    look.expect_none(leftout.nothing_is_left_out)
