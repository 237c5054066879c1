"""IU005: Each role that may read is exactly one role of this Directus.

Why: names of roles are not unique there, and the permission needs an id. Of two roles of one name nobody knows
  which was meant, and a role that is missing reads nothing (document 002, section 3).
Remedy: make or rename the role in Directus, or name another under `reading.roles`; or take it out of
  `reading.grant`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.people import roles_resolve

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU005", family="permissions", severity="high", phase="readiness")
@pytest.mark.each("iu_registration.readers")
def test_roles_resolve(look: Look) -> None:
    """Each role that may read is exactly one role of this Directus."""
    look.expect_none(roles_resolve)
