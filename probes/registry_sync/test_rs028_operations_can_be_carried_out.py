"""RS028: directus can use the options of every operation.

Why: options that are empty, a template that cannot be read, headers that are no list: the operation rejects
  each time, before it has done anything.
Remedy: correct the option that the message names; of a declared flow `compliance compile registry_sync`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import failing

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS028", family="failures", severity="high", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_operations_can_be_carried_out(look: Look) -> None:
    """Directus can use the options of every operation."""
    look.expect_none(failing.operations_can_be_carried_out)
