"""IU021: The fields are registered as the package says, and no others.

Why: the view is the single source. A field that it gained and Directus does not describe has neither its order
  nor its mark, and one that it lost is shown by an app that is answered with an error (document 002, section 2).
Remedy: `compliance compile iu_registration` writes a migration that adds and corrects fields; what nobody
  declared it removes only where policy says `prune: true`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.registration import fields_equal_package

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU021", family="registration", severity="high", phase="conformance")
@pytest.mark.each("iu_registration.fields")
def test_fields_equal_package(look: Look) -> None:
    """The fields are registered as the package says, and no others."""
    look.expect_none(fields_equal_package)
