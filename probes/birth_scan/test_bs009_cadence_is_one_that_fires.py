"""BS009: Each cadence is one that Directus fires, and those that are there are one truth.

Why: Directus takes any text for a schedule. One that its cron library refuses is logged once and never fires; and
  of two truths nobody knows which one was meant, so no plan may choose (document 001, 2.B: two unsynchronized truths
  are not acceptable).
Remedy: decide which one holds, and write that in each place: 5 fields, or 6 with seconds first, without `?`, `L` or
  `#`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan.cadence import directus_takes_each_and_they_are_one

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS009", family="cadence", severity="critical", phase="readiness")
@pytest.mark.each("birth_scan.places")
def test_cadence_is_one_that_fires(look: Look) -> None:
    """Each cadence is one that Directus fires, and those that are there are one truth."""
    look.expect_none(directus_takes_each_and_they_are_one)
