"""DS023: the outputs are there, whole, and as many as have to be.

Why: an empty answer of a service that was written over the last good one passes for truth (document 003, 'Output
  Verification').
Remedy: `compliance sync --target NAME --verify`; where that succeeds and this does not, the source is empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.directional_sync import outputs

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("DS023", family="outputs", severity="high", phase="conformance")
@pytest.mark.each("directional_sync.targets")
def test_outputs_are_there(look: Look) -> None:
    """The outputs are there, whole, and as many as have to be."""
    look.expect_none(outputs.outputs_are_there)
