"""CC011: a reversible command has its rollback command in the catalog.

Why: `reversible` promises an operator a way back; the way back is a command, and it has to be there.
Remedy: declare `rollback:` for the command, or correct `reversible`; compile and apply where the row is
  missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.command_catalog import rules

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("CC011", family="rows", severity="high", phase="conformance")
@pytest.mark.each("command_catalog.commands")
def test_reversible_has_rollback(look: Look) -> None:
    """A reversible command has its rollback command in the catalog."""
    look.expect_none(rules.reversible_has_rollback)
