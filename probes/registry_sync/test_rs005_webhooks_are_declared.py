"""RS005: every active webhook of the service is declared.

Why: webhooks do not pass the prefix filter (FACTS, 'Agent Data'), so one of them can close a loop that prefixes rule
  out.
Remedy: remove the webhook, or declare its address in service.webhooks once it is known not to write back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import isolation

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS005", family="anti-loop", severity="high", phase="readiness")
@pytest.mark.each("registry_sync.service")
def test_webhooks_are_declared(look: Look) -> None:
    """Every active webhook of the service is declared."""
    look.expect_none(isolation.webhooks_are_declared)
