"""CC001: the catalog's row equals the declared command in every column.

Why: the catalog is what operators and programs choose commands from; a wrong or a surplus row is a wrong
  command (document 004, 'What 034 adds').
Remedy: `compliance compile command_catalog`, review the migration, apply it; undeclared rows are removed by
  hand or with `prune: true`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.command_catalog import rules

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("CC001", family="rows", severity="critical", phase="conformance")
@pytest.mark.each("command_catalog.commands")
def test_rows_equal_declaration(look: Look) -> None:
    """The catalog's row equals the declared command in every column."""
    look.expect_none(rules.rows_equal_declaration)
