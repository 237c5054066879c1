"""IU008: The table by which Directus knows the key is there, with the columns of the view.

Why: Directus lists only tables with a primary key of one column, and takes the fields and their types from it. A
  schema that its search path names and that is gone makes it answer every request with 500.
Remedy: `compliance compile iu_registration` writes a plan of kind `preparation` that makes what is missing; what
  has another shape, drop or alter by hand, since nobody but its owner knows what it is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.serving import objects_are_there

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU008", family="serving", severity="critical", phase="readiness")
@pytest.mark.each("iu_registration.collection")
def test_serving_table_is_there(look: Look) -> None:
    """The table by which Directus knows the key is there, with the columns of the view."""
    look.expect_none(objects_are_there)
