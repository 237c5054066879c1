"""IU001: The view that is registered is there, and the one that introspects it.

Why: the fields of the package come from the second view, which asks the catalog for the columns of the first
  (document 002, section 2). Without both there is nothing that could be registered.
Remedy: `compliance compile iu_registration` writes a plan of kind `preparation` that makes the views which are
  missing (migration 021 of the document); or name, in `source`, those that are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.source import views_are_there

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU001", family="source", severity="critical", phase="readiness")
@pytest.mark.each("iu_registration.views")
def test_views_are_there(look: Look) -> None:
    """The view that is registered is there, and the one that introspects it."""
    look.expect_none(views_are_there)
