"""RS015: every document of a collection belongs to a row.

Why: an orphan answers questions about something that is gone, and nobody removes it (FACTS, 'What went wrong': twelve
  of them were the cause of a threshold that was raised four times).
Remedy: find out which change fired no flow; then delete the document at the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import conformance

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS015", family="documents", severity="high", phase="conformance")
@pytest.mark.each("registry_sync.collections")
def test_no_document_without_its_row(look: Look) -> None:
    """Every document of a collection belongs to a row."""
    look.expect_none(conformance.no_document_without_its_row)
