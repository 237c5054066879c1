"""RS001: each collection is a table whose key names its documents and whose sent columns are never empty.

Why: a flow that reads a column which is not there, or sends an empty one, writes `undefined` or `null` into a
  document (FACTS, 'Directus'); a key that no delete knows leaves orphans.
Remedy: correct the table, or the collection's entry in registry_sync.yaml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import readiness

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS001", family="collections", severity="critical", phase="readiness")
@pytest.mark.each("registry_sync.collections")
def test_collections_can_be_sent(look: Look) -> None:
    """Each collection is a table whose key names its documents and whose sent columns are never empty."""
    look.expect_none(readiness.collections_can_be_sent)
