"""RS030: every active flow begins at something that happens, and every declared one is active.

Why: Directus takes any schedule, scope and method, and registers only some: the others are listed as active and
  never run (FACTS, 'Cron').
Remedy: correct what the message names in Directus, or switch the flow off; of a declared flow `compliance
  compile registry_sync`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import registering

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS030", family="flows", severity="critical", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_flows_are_registered(look: Look) -> None:
    """Every active flow begins at something that happens, and every declared one is active."""
    look.expect_none(registering.flows_are_registered)
