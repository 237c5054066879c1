"""RS017: every document says what its row says.

Why: a bulk change that synchronised one row of many leaves the others with old texts (FACTS, 'Directus').
Remedy: update the row through Directus once, which sends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import conformance

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS017", family="documents", severity="high", phase="conformance")
@pytest.mark.each("registry_sync.collections")
def test_documents_say_what_rows_say(look: Look) -> None:
    """Every document says what its row says."""
    look.expect_none(conformance.documents_say_what_rows_say)
