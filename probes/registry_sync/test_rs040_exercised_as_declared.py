"""RS040: of a row that was made, the document arrived, changed and went, and nothing of it was sent back.

Why: document 000 tested by hand that one update arrives. Its bulk changes lost rows, and its deletes left documents:
  what flows do shows when they run. And that nothing is sent back says something only where something could have been.
Remedy: compile and apply the flows that policy declares; then `compliance exercise registry_sync`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import exercise

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS040", family="documents", severity="critical", phase="conformance")
@pytest.mark.each("registry_sync.collections")
def test_exercised_as_declared(look: Look) -> None:
    """Of a row that was made, the document arrived, changed and went, and nothing of it was sent back."""
    look.expect_none(exercise.exercised_as_declared)
