"""CC016: what was called answers as declared.

Why: a gate that is shut in the configuration protects nothing if the function behind it does not ask. That cannot
  be read off the catalog: it shows when the function is called.
Remedy: mend the function, or correct `exercises` in policy; then `compliance exercise command_catalog`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.command_catalog import exercise

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("CC016", family="gates", severity="critical", phase="conformance")
@pytest.mark.each("command_catalog.exercises")
def test_exercised_as_declared(look: Look) -> None:
    """What was called answers as declared."""
    look.expect_none(exercise.exercised_as_declared)
