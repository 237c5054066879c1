"""RS022: something leads to every operation of a flow.

Why: an operation that nothing leads to never runs, and whoever put it there thinks that it does.
Remedy: link it or delete it in Directus; of a declared flow `compliance compile registry_sync`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import chains

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS022", family="chains", severity="medium", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_every_operation_is_reached(look: Look) -> None:
    """Something leads to every operation of a flow."""
    look.expect_none(chains.every_operation_is_reached)
