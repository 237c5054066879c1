"""BS021: The kill switch is there once, and is true or false.

Why: it is what stops scans at once. The endpoint takes a switch that it cannot read for an error: then no scan
  runs, and each fire leaves a failure instead of a word that it is off.
Remedy: set it to `true` or `false` (document 001, section 3); `compliance compile birth_scan` sets up one that
  is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan.standing import kill_switch_is_boolean

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS021", family="configuration", severity="critical", phase="conformance")
@pytest.mark.each("birth_scan.switch")
def test_kill_switch_is_boolean(look: Look) -> None:
    """The kill switch is there once, and is true or false."""
    look.expect_none(kill_switch_is_boolean)
