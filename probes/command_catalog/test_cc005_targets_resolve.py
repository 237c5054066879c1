"""CC005: a target function exists with its full signature.

Why: a command whose function is missing fails when an operator needs it; a function of the same name with other
  arguments is another function.
Remedy: apply the migration that the finding names, then audit again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.command_catalog import rules

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("CC005", family="functions", severity="critical", phase="readiness")
@pytest.mark.each("command_catalog.targets")
def test_targets_resolve(look: Look) -> None:
    """A target function exists with its full signature."""
    look.expect_none(rules.targets_resolve)
