"""IU006: The role behind Directus may read all that the view reads in its name.

Why: what a view reads is read in the name of its owner, but what its functions read is read in the name of
  whoever asks. A role that lacks one of these rights is answered with an error, and Directus with 500.
Remedy: `compliance compile iu_registration` writes a plan of kind `preparation` with the grants that are missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.rights import may_read

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU006", family="rights", severity="high", phase="readiness")
@pytest.mark.each("iu_registration.relations")
def test_role_may_read(look: Look) -> None:
    """The role behind Directus may read all that the view reads in its name."""
    look.expect_none(may_read)
