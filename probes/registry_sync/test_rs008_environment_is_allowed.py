"""RS008: every variable that the declared flows name is in FLOWS_ENV_ALLOW_LIST.

Why: a name that is not listed renders as `undefined`: the request goes to no address, with no key (FACTS,
  'Directus').
Remedy: add the name to FLOWS_ENV_ALLOW_LIST of Directus and restart it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import environment

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS008", family="environment", severity="critical", phase="readiness")
@pytest.mark.each("registry_sync.estate")
def test_environment_is_allowed(look: Look) -> None:
    """Every variable that the declared flows name is in FLOWS_ENV_ALLOW_LIST."""
    look.expect_none(environment.needed_names_are_allowed)
