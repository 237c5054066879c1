"""BS025: No screen reads PostgreSQL past Directus.

Why: what a person may see is decided in Directus alone; a screen that asks the database shows it to everybody
  (document 002, the assembly contract).
Remedy: let the screen read through Directus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan import screens

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS025", family="screens", severity="high", phase="conformance")
@pytest.mark.each("birth_scan.screens")
def test_screens_read_through_directus(look: Look) -> None:
    """No screen reads PostgreSQL past Directus."""
    look.expect_none(screens.screens_read_through_directus)
