"""RS039: this Directus may send to the document service.

Why: IMPORT_IP_DENY_LIST holds every address of the machine itself unless told otherwise (FACTS, 'Flows'); flows
  that were set right would fail there all the same.
Remedy: name the container of the service in Directus' environment instead of localhost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import addresses

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS039", family="environment", severity="high", phase="readiness")
@pytest.mark.each("registry_sync.estate")
def test_the_service_is_not_denied(look: Look) -> None:
    """This Directus may send to the document service."""
    look.expect_none(addresses.the_service_is_not_denied)
