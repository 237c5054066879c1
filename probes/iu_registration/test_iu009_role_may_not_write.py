"""IU009: The role behind Directus may not write the view, nor the table that serves it.

Why: an administrator of Directus needs no permission, so the database alone can stop him; `readonly` is a hint
  to the app. A view of one table takes rows without anything that says so (document 002, section 1: read-only).
Remedy: revoke what is named from the role, from PUBLIC or from the role that it is a member of; let another role
  own the view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.rights import may_not_write

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU009", family="rights", severity="critical", phase="readiness")
@pytest.mark.each("iu_registration.relations")
def test_role_may_not_write(look: Look) -> None:
    """The role behind Directus may not write the view, nor the table that serves it."""
    look.expect_none(may_not_write)
