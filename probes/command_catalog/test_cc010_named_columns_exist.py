"""CC010: every column that compiled SQL names exists.

Why: the document's rollback guard named `command` where the column is `command_name`, and that was seen only in
  the live rollback.
Remedy: correct the column names in command_catalog.yaml, or restore the column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.command_catalog import rules

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("CC010", family="columns", severity="critical", phase="readiness")
@pytest.mark.each("command_catalog.relations")
def test_named_columns_exist(look: Look) -> None:
    """Every column that compiled SQL names exists."""
    look.expect_none(rules.named_columns_exist)
