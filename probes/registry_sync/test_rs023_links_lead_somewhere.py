"""RS023: what follows an operation is an operation of the same flow.

Why: `resolve` and `reject` have no foreign key to the same flow; one that leads nowhere, or into another flow,
  stops Directus from loading any flow.
Remedy: clear or correct the link; of a declared flow `compliance compile registry_sync` does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import chains

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS023", family="chains", severity="critical", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_links_lead_somewhere(look: Look) -> None:
    """What follows an operation is an operation of the same flow."""
    look.expect_none(chains.links_lead_somewhere)
