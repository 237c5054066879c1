"""CC014: writing to the catalog sets off nothing else.

Why: a trigger on the table would run with every row of a plan, and could open a gate or change the surface
  unseen.
Remedy: drop or disable the trigger, or move what it does into a reviewed change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.command_catalog import rules

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("CC014", family="plan", severity="critical", phase="readiness")
@pytest.mark.each("command_catalog.catalog")
def test_nothing_rides_along(look: Look) -> None:
    """Writing to the catalog sets off nothing else."""
    look.expect_none(rules.nothing_rides_along)
