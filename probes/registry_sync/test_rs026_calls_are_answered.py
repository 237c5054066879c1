"""RS026: a flow that is called is there, active, and waits to be called.

Why: else the `trigger` operation succeeds, hands over nothing, and each row of a bulk change is lost without an
  error.
Remedy: activate or recreate the called flow; of a declared flow `compliance compile registry_sync`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import chains

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS026", family="chains", severity="critical", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_calls_are_answered(look: Look) -> None:
    """A flow that is called is there, active, and waits to be called."""
    look.expect_none(chains.calls_are_answered)
