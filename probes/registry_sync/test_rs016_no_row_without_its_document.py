"""RS016: every row of a collection has its document.

Why: a row that never arrived is one that nobody finds (document 000, 'Test Results': each record is verified to have
  been received).
Remedy: update the row through Directus once, which sends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import conformance

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS016", family="documents", severity="high", phase="conformance")
@pytest.mark.each("registry_sync.collections")
def test_no_row_without_its_document(look: Look) -> None:
    """Every row of a collection has its document."""
    look.expect_none(conformance.no_row_without_its_document)
