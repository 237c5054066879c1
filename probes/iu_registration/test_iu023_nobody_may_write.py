"""IU023: Nobody has a permission to write.

Why: every screen reads through Directus and none writes (document 002, section 1). `readonly` is a hint to the
  app; a permission is what lets a write through.
Remedy: take the permission away in Directus, or let it be removed by `prune: true`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.people import nobody_may_write

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU023", family="permissions", severity="critical", phase="conformance")
@pytest.mark.each("iu_registration.names")
def test_nobody_may_write(look: Look) -> None:
    """Nobody has a permission to write."""
    look.expect_none(nobody_may_write)
