"""RS014: the flow and its operations equal policy.

Why: document 000 lists 18 flows by name, collection and document id; one that is missing or differs leaves documents
  that say something else than their rows.
Remedy: `compliance compile registry_sync`, review the migration, apply it; an undeclared flow is switched off by hand
  or with `prune: true`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import conformance

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS014", family="flows", severity="critical", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_flows_equal_policy(look: Look) -> None:
    """The flow and its operations equal policy."""
    look.expect_none(conformance.flows_equal_policy)
