"""PL007: no profile, age limit or rule lets more pass than was accepted in gate.lock.json.

Why: a threshold that is raised until it goes quiet hides what it was made to find.
Remedy: take the change back, or have `compliance profiles accept` signed by somebody who may loosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.platform import gating

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("PL007", family="policy", severity="critical", phase="conformance")
@pytest.mark.each("platform.profiles")
def test_gates_are_as_accepted(look: Look) -> None:
    """No profile, age limit or rule lets more pass than was accepted."""
    look.expect_none(gating.nothing_is_looser)
