"""CC015: the catalog has a unique key on the command's name.

Why: `on conflict (name) do nothing` fails without one, and duplicates could be written.
Remedy: restore the primary key (dot_iu_command_catalog_pkey in the document's estate).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.command_catalog import rules

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("CC015", family="plan", severity="critical", phase="readiness")
@pytest.mark.each("command_catalog.catalog")
def test_key_is_unique(look: Look) -> None:
    """The catalog has a unique key on the command's name."""
    look.expect_none(rules.key_is_unique)
