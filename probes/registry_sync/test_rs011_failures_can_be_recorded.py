"""RS011: the record of a failed request can be inserted.

Why: a rejected operation without a path ends its flow silently (FACTS, 'Directus'), and so does a path that cannot
  write its record.
Remedy: correct `failures` in registry_sync.yaml, or the table it names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import readiness

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS011", family="failures", severity="high", phase="readiness")
@pytest.mark.each("registry_sync.estate")
def test_failures_can_be_recorded(look: Look) -> None:
    """The record of a failed request can be inserted."""
    look.expect_none(readiness.failures_can_be_recorded)
