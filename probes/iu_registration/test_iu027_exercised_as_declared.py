"""IU027: the ten cases of the sandbox are as the document has them, and none leaves a row.

Why: that a registry refuses another dimension, an empty actor or a metric that is not allowed cannot be read off the
  catalog: it shows when the functions are called. Called in a transaction that is rolled back they may still leave
  something behind, by a connection of their own.
Remedy: mend the function that is named, or correct `sandbox` in policy; then `compliance exercise iu_registration`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.exercise import exercised_as_declared

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU027", family="sandbox", severity="high", phase="conformance")
@pytest.mark.each("iu_registration.sandbox")
def test_exercised_as_declared(look: Look) -> None:
    """The ten cases of the sandbox are as the document has them, and none leaves a row."""
    look.expect_none(exercised_as_declared)
