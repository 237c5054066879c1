"""IU004: This Directus, as it is started, can serve the collection.

Why: no Directus serves a view by itself. One that does not look into the schema of the shadow, or looks into it
  before that of the view, answers with 403 or with no rows (FACTS, 'Views as collections').
Remedy: set serving to a shadow or a projection, make the schema and the table first (a plan of kind
  `preparation`), then write the search path into the file that starts Directus, and start it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.serving import directus_can_be_told

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU004", family="serving", severity="critical", phase="readiness")
@pytest.mark.each("iu_registration.collection")
def test_directus_can_serve_it(look: Look) -> None:
    """This Directus, as it is started, can serve the collection."""
    look.expect_none(directus_can_be_told)
