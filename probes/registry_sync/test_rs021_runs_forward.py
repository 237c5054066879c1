"""RS021: no operation of a flow is reached twice.

Why: Directus builds each active flow as a tree while it loads: a way back never ends, and no flow at all is
  loaded then, those of document 000 included.
Remedy: remove the link that the message names; of a declared flow `compliance compile registry_sync` does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import chains

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS021", family="chains", severity="critical", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_runs_forward(look: Look) -> None:
    """No operation of a flow is reached twice."""
    look.expect_none(chains.runs_forward)
