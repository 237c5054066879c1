"""DS020: the target is as policy declares it, and no other is there.

Why: a target that was taken out, or one that nobody has reviewed, shows nowhere else: the runner does what the file
  says.
Remedy: correct sync.yaml, or review the target and declare it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.directional_sync import declared

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("DS020", family="targets", severity="high", phase="conformance")
@pytest.mark.each("directional_sync.targets")
def test_targets_equal_policy(look: Look) -> None:
    """The target is as policy declares it, and no other is there."""
    look.expect_none(declared.targets_equal_policy)
