"""CC003: a place that repeats a count says what its population counts.

Why: document 004 updates five places by hand for one migration; the next change forgets one. 34 and 26 count
  different populations.
Remedy: put the number named in the finding at the named place, in the same commit as the change of policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.command_catalog import rules

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("CC003", family="counts", severity="high", phase="conformance")
@pytest.mark.each("command_catalog.pins")
def test_pins_agree(look: Look) -> None:
    """A place that repeats a count says what its population counts."""
    look.expect_none(rules.pins_agree)
