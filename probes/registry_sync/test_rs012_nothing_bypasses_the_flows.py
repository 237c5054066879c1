"""RS012: nothing changes a collection but what fires its flows.

Why: cascaded deletes and direct SQL fire no flow (FACTS, 'Directus'): the documents stay as they were.
Remedy: let the change go through Directus, or name the function in `bypasses` with the reason why it may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import bypasses

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS012", family="bypasses", severity="high", phase="readiness")
@pytest.mark.each("registry_sync.collections")
def test_nothing_bypasses_the_flows(look: Look) -> None:
    """Nothing changes a collection but what fires its flows."""
    look.expect_none(bypasses.nothing_bypasses_the_flows)
