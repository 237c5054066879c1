"""CC008: a security definer target pins its search_path.

Why: without one the caller chooses which objects run with the owner's rights.
Remedy: alter function … set search_path = pg_catalog, <schema>.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.command_catalog import rules

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("CC008", family="functions", severity="critical", phase="readiness")
@pytest.mark.each("command_catalog.targets")
def test_search_path_is_pinned(look: Look) -> None:
    """A security definer target pins its search_path."""
    look.expect_none(rules.search_path_is_pinned)
