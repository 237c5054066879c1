"""PL005: no flow that would be compiled triggers itself for ever, with all that is there already.

Why: two changes that are right by themselves can make a loop; after the change it would run until the server is down.
Remedy: follow the loop that is named and break it, or change the policy that it goes through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.platform import loopfree

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("PL005", family="loops", severity="critical", phase="readiness")
@pytest.mark.each("platform.directus")
def test_no_loop_when_changed(look: Look) -> None:
    """No flow that would be compiled triggers itself for ever, with all that is there already."""
    look.expect_none(loopfree.loop_free_when_changed)
