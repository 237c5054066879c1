"""RS013: the Directus of estate.yaml serves the database of estate.yaml.

Why: a plan changes rows of the one and reloads the other; if they are not the same estate, the flows that run stay as
  they were (FACTS, 'Directus').
Remedy: correct directus.url or the DSN in estate.yaml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import readiness

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS013", family="runtime", severity="critical", phase="readiness")
@pytest.mark.each("registry_sync.estate")
def test_this_directus_serves_this_database(look: Look) -> None:
    """The Directus of estate.yaml serves the database of estate.yaml."""
    look.expect_none(readiness.this_directus_serves_this_database)
