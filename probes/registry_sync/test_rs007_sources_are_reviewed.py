"""RS007: the service's source is the one that was reviewed.

Why: document 000, 'Notes': no change of it was needed. A change that was made all the same has to be read before the
  sync is trusted.
Remedy: read what changed, then write the new digest into service.reviewed_sources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import isolation

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS007", family="anti-loop", severity="medium", phase="readiness")
@pytest.mark.each("registry_sync.sources")
def test_sources_are_reviewed(look: Look) -> None:
    """The service's source is the one that was reviewed."""
    look.expect_none(isolation.sources_are_reviewed)
