"""CC004: the live catalog counts what policy declares.

Why: 26 rows over 24 distinct functions is the state after migration 034; any other number is a migration too
  few or too many.
Remedy: see the findings of CC001 for the rows; compile and apply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.command_catalog import rules

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("CC004", family="counts", severity="high", phase="conformance")
@pytest.mark.each("command_catalog.live_counts")
def test_live_counts_agree(look: Look) -> None:
    """The live catalog counts what policy declares."""
    look.expect_none(rules.live_counts_agree)
