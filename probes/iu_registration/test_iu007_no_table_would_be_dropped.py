"""IU007: No table stands under a name that a disable would delete.

Why: DELETE /collections/<name>, which is how the document disables a registration (section 4), drops the table
  where the name is one's, and all rows with it.
Remedy: rename the table, or take the name out of `collection.name` or `former`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.leftovers import no_table_under_a_name

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU007", family="leftovers", severity="critical", phase="readiness")
@pytest.mark.each("iu_registration.names")
def test_no_table_would_be_dropped(look: Look) -> None:
    """No table stands under a name that a disable would delete."""
    look.expect_none(no_table_under_a_name)
