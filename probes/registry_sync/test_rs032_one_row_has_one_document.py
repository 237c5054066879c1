"""RS032: a row is created, updated and deleted under one document id.

Why: document 000 creates under `registries/table_registry/{table_id}` and deletes under `…/tbl-{id}`: what is
  deleted so leaves an orphan.
Remedy: `compliance compile registry_sync`, review the migration, apply it; documents under a former id are
  moved first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import identity

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS032", family="documents", severity="critical", phase="conformance")
@pytest.mark.each("registry_sync.collections")
def test_one_row_has_one_document(look: Look) -> None:
    """A row is created, updated and deleted under one document id."""
    look.expect_none(identity.one_row_has_one_document)
