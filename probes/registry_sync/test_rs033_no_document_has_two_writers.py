"""RS033: no two flows write one document.

Why: of two flows at one event the last one wins, whichever that is; of two collections one overwrites or
  deletes what belongs to the other.
Remedy: give one of them another id, or switch off the flow that policy does not declare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import identity

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS033", family="documents", severity="high", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_no_document_has_two_writers(look: Look) -> None:
    """No two flows write one document."""
    look.expect_none(identity.no_document_has_two_writers)
