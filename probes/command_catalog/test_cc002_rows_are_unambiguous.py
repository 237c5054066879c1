"""CC002: a command stands once and no governed column of it is NULL.

Why: the table has no constraint that stops a wrong value from being written; a second or a half row answers
  differently to each reader.
Remedy: correct the row by hand, then audit again; restore the primary key where it is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.command_catalog import rules

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("CC002", family="rows", severity="high", phase="conformance")
@pytest.mark.each("command_catalog.commands")
def test_rows_are_unambiguous(look: Look) -> None:
    """A command stands once and no governed column of it is NULL."""
    look.expect_none(rules.rows_are_unambiguous)
