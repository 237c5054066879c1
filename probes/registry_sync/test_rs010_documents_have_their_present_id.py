"""RS010: no document lies under a former id of its row.

Why: created under `{table_id}` and deleted under `tbl-{id}`, a document is one that no delete finds (document 000,
  'Flows Created', rows 1 to 3; FACTS, 'What went wrong').
Remedy: `compliance compile registry_sync` makes a plan that moves them; review and apply it, then compile the flows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import readiness

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS010", family="documents", severity="high", phase="readiness")
@pytest.mark.each("registry_sync.collections")
def test_documents_have_their_present_id(look: Look) -> None:
    """No document lies under a former id of its row."""
    look.expect_none(readiness.documents_have_their_present_id)
