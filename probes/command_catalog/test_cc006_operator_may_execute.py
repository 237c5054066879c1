"""CC006: the operator role may execute a target function.

Why: a registered command that its operator may not execute is one in name only.
Remedy: grant execute on the function, and usage on its schema, to the operator role that policy names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.command_catalog import rules

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("CC006", family="functions", severity="high", phase="readiness")
@pytest.mark.each("command_catalog.targets")
def test_operator_may_execute(look: Look) -> None:
    """The operator role may execute a target function."""
    look.expect_none(rules.operator_may_execute)
