"""IU025: The table behind the view is empty, or holds what the view gives.

Why: a row in a shadow is a record of nothing, and is read as soon as the view is not found. A projection that is
  stale shows what is no more, and one that nobody keeps is stale after the next write.
Remedy: empty the shadow; compile the preparation, which sets the function and the triggers of the projection right and
  fills it again, and see which write passed them by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.standing import table_is_as_meant

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU025", family="serving", severity="high", phase="conformance")
@pytest.mark.each("iu_registration.collection")
def test_table_is_as_meant(look: Look) -> None:
    """The table behind the view is empty, or holds what the view gives."""
    look.expect_none(table_is_as_meant)
