"""RS036: a flow names only variables of the environment that are allowed to it.

Why: `$env.X` is `undefined` for a name that FLOWS_ENV_ALLOW_LIST does not hold: the request goes to no address,
  with no key (FACTS, 'Flows').
Remedy: add the name to the list where Directus' environment is written down and restart it, or take it out of
  the flow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import addresses

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS036", family="environment", severity="critical", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_names_are_allowed(look: Look) -> None:
    """A flow names only variables of the environment that are allowed to it."""
    look.expect_none(addresses.names_are_allowed)
