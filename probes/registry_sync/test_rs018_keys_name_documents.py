"""RS018: every key of a collection names one document.

Why: a delete puts the key into an address as it is; with `?`, `#` or `/` in it another document is deleted, and `__` is
  how the store spells `/` (FACTS, 'Agent Data').
Remedy: give the row another key, or exclude the collection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import readiness

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS018", family="collections", severity="high", phase="readiness")
@pytest.mark.each("registry_sync.collections")
def test_keys_name_documents(look: Look) -> None:
    """Every key of a collection names one document."""
    look.expect_none(readiness.keys_name_documents)
