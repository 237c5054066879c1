"""IU028: The running Directus serves the collection to a user who may read it.

Why: what rows say is not yet what the running Directus does: its search path, its cache and its role show only
  when it is asked.
Remedy: see what IU004, IU006 and IU008 say; POST /utils/cache/clear, or start it again after its search path was
  changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.standing import directus_serves_it

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU028", family="serving", severity="critical", phase="conformance")
@pytest.mark.each("iu_registration.collection")
def test_directus_serves_it(look: Look) -> None:
    """The running Directus serves the collection to a user who may read it."""
    look.expect_none(directus_serves_it)
