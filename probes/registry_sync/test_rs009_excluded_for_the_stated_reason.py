"""RS009: a collection is excluded for the reason that policy states.

Why: Directus answers 403 to a collection that is not there and to one that it may not show (document 000, 'Notes');
  only the catalog tells them apart, and a table that came since wants to be synchronised.
Remedy: declare the collection, or state why it stays excluded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import readiness

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS009", family="collections", severity="medium", phase="readiness")
@pytest.mark.each("registry_sync.excluded")
def test_excluded_for_the_stated_reason(look: Look) -> None:
    """A collection is excluded for the reason that policy states."""
    look.expect_none(readiness.excluded_for_the_stated_reason)
