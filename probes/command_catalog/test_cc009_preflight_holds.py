"""CC009: what migration brings the target functions has been applied.

Why: the document's 034 registers what 033 brings and fails loudly without it ('Preflight').
Remedy: apply the named migration first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.command_catalog import rules

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("CC009", family="functions", severity="critical", phase="readiness")
@pytest.mark.each("command_catalog.migrations")
def test_preflight_holds(look: Look) -> None:
    """What migration brings the target functions has been applied."""
    look.expect_none(rules.preflight_holds)
