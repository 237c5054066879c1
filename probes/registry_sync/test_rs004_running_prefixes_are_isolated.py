"""RS004: the running service sends back what policy declares, and nothing of a collection.

Why: a source that was mended says nothing of a process that was started before (document 000, 'Anti-Loop Test').
Remedy: restart the service from its reviewed source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import isolation

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS004", family="anti-loop", severity="critical", phase="readiness")
@pytest.mark.each("registry_sync.service")
def test_running_prefixes_are_isolated(look: Look) -> None:
    """The running service sends back what policy declares, and nothing of a collection."""
    look.expect_none(isolation.running_prefixes_are_isolated)
