"""PL006: every waiver is complete, approved, in force, used, within its ceiling, and of a rule that can be waived.

Why: a waiver that nobody looks after outlives what it was given for, and hides what comes next.
Remedy: its owner renews it with a new approval, or removes it from waivers.yaml; `compliance waivers` lists them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.platform import waiving

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("PL006", family="policy", severity="high", phase="conformance")
@pytest.mark.each("platform.waivers")
def test_waivers_hold(look: Look) -> None:
    """Every waiver is complete, approved, in force, used and within its ceiling."""
    look.expect_none(waiving.waivers_hold)
