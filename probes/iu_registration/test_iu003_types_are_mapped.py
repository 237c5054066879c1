"""IU003: Every column of the view has a type in Directus.

Why: Directus neither filters nor shows a field whose type it does not know, and says nothing of it (document
  002, section 3: the type map).
Remedy: cast the column in the view to a type that the map knows, as the finding says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.source import types_are_mapped

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU003", family="package", severity="high", phase="readiness")
@pytest.mark.each("iu_registration.fields")
def test_types_are_mapped(look: Look) -> None:
    """Every column of the view has a type in Directus."""
    look.expect_none(types_are_mapped)
