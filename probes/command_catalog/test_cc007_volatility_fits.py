"""CC007: what a command's functions may do fits its `mutating`.

Why: a command shown as harmless that calls a volatile function can write; dry runs and reviews rely on the
  flag.
Remedy: correct `mutating` in policy and catalog, or the volatility of the function, whichever is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.command_catalog import rules

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("CC007", family="functions", severity="high", phase="readiness")
@pytest.mark.each("command_catalog.commands")
def test_volatility_fits(look: Look) -> None:
    """What a command's functions may do fits its `mutating`."""
    look.expect_none(rules.volatility_fits)
