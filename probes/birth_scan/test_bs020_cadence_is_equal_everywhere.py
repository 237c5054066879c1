"""BS020: The cadence is the declared one everywhere, by meaning.

Why: a cadence that is governed in one place and carried out from another is true only while both fire at the same
  instants (document 001, 2.B). By meaning: `0 */6 * * *` is `0 0 0,6,12,18 * * *`, where Directus and policy have one
  time zone.
Remedy: `compliance compile birth_scan` moves configuration, flow and tool row together; TZ of Directus is set in its
  environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan.cadence import cadence_is_equal_everywhere

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS020", family="cadence", severity="high", phase="conformance")
@pytest.mark.each("birth_scan.places")
def test_cadence_is_equal_everywhere(look: Look) -> None:
    """The cadence is the declared one everywhere, by meaning."""
    look.expect_none(cadence_is_equal_everywhere)
