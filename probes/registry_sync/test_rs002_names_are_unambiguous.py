"""RS002: a declared flow's name stands once.

Why: Directus does not keep names of flows unique; of two of one name both fire, and nothing tells which one to
  repair (document 000, 'DOT Tool': idempotent).
Remedy: delete or rename all but one in Directus, then compile again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import readiness

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS002", family="flows", severity="critical", phase="readiness")
@pytest.mark.each("registry_sync.flows")
def test_names_are_unambiguous(look: Look) -> None:
    """A declared flow's name stands once."""
    look.expect_none(readiness.names_are_unambiguous)
