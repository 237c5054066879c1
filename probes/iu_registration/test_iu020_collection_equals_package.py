"""IU020: The collection is registered as the package says.

Why: what the package says is what was reviewed: its sort, its icon, and that Directus keeps account of who reads
  it (document 002, section 3).
Remedy: `compliance compile iu_registration` writes a migration that repairs exactly this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.registration import collection_equals_package

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU020", family="registration", severity="high", phase="conformance")
@pytest.mark.each("iu_registration.collection")
def test_collection_equals_package(look: Look) -> None:
    """The collection is registered as the package says."""
    look.expect_none(collection_equals_package)
