"""CC013: the governed surface has as many objects of each kind as declared.

Why: migration 034 is data alone: the 181 objects of D9 stay 181; one more or less is a change that nobody
  declared.
Remedy: find the object (the evidence lists them); remove or restore it, or declare the new count in a reviewed
  change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.command_catalog import rules

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("CC013", family="counts", severity="high", phase="conformance")
@pytest.mark.each("command_catalog.surface")
def test_surface_counts_agree(look: Look) -> None:
    """The governed surface has as many objects of each kind as declared."""
    look.expect_none(rules.surface_counts_agree)
