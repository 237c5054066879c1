"""IU024: Nothing is left of earlier registrations.

Why: DELETE /collections of a view leaves its permissions and its fields (FACTS, 'Views as collections'). A table
  that is made later under that name can be read by whoever had the permission.
Remedy: delete the rows that are named, in Directus where it lists them; of names under `former` and of a disabled
  registration `compliance compile iu_registration` writes the plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.leftovers import nothing_is_left

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU024", family="leftovers", severity="high", phase="conformance")
@pytest.mark.each("iu_registration.names")
def test_nothing_is_left(look: Look) -> None:
    """Nothing is left of earlier registrations."""
    look.expect_none(nothing_is_left)
