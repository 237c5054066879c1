"""IU010: The view has the columns of the document, of their types.

Why: screens are built on these fields (document 002, section 2). A column that is gone takes its field away from
  every screen, and one of another type is filtered and sorted otherwise.
Remedy: give the view its column back, or correct `source.fields` in policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.source import columns_are_there

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU010", family="source", severity="high", phase="readiness")
@pytest.mark.each("iu_registration.fields")
def test_columns_are_there(look: Look) -> None:
    """The view has the columns of the document, of their types."""
    look.expect_none(columns_are_there)
