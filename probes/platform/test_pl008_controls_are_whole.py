"""PL008: every rule in force is of a control, and every control has rules that there are.

Why: what is mapped to nothing is evidence of nothing, and a control without a rule is a promise that nobody checks.
Remedy: in controls.yaml name the rule at the control that it gives evidence of; `compliance controls` prints them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.platform import gating

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("PL008", family="policy", severity="medium", phase="conformance")
@pytest.mark.each("platform.controls")
def test_controls_are_whole(look: Look) -> None:
    """Every rule in force is of a control, and every control has rules that there are."""
    look.expect_none(gating.controls_are_whole)
