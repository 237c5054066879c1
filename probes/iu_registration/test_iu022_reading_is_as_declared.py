"""IU022: Who may read is as declared, and nobody else may.

Why: the operator chooses which roles may read (document 002, section 3). A permission that was made by hand,
  restricted, or given to everybody is one that nobody has agreed to.
Remedy: `compliance compile iu_registration` writes a migration that repairs what is declared; take away by hand
  what nobody declared, or let it be removed by `prune: true`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.registration import reading_is_as_declared

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU022", family="permissions", severity="critical", phase="conformance")
@pytest.mark.each("iu_registration.permitted")
def test_reading_is_as_declared(look: Look) -> None:
    """Who may read is as declared, and nobody else may."""
    look.expect_none(reading_is_as_declared)
