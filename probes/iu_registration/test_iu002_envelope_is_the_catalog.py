"""IU002: The envelope names each column of the view once, in its order, and nothing else.

Why: it is the single source of the fields. information_schema shows a role only what it may touch, so that one
  that may see the outer view alone is given 0 rows and no error: a package of no fields would look like a view
  without columns (document 002, section 2; FACTS, 'Views as collections').
Remedy: derive the envelope from information_schema.columns of that one view and schema, and grant SELECT on the
  view to whoever asks the envelope.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.source import envelope_says_what_the_catalog_says

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU002", family="source", severity="critical", phase="readiness")
@pytest.mark.each("iu_registration.envelope")
def test_envelope_is_the_catalog(look: Look) -> None:
    """The envelope names each column of the view once, in its order, and nothing else."""
    look.expect_none(envelope_says_what_the_catalog_says)
