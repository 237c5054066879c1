"""PL004: nothing in the estate triggers itself for ever.

Why: Directus does not stop a flow that sets itself off (its issues 14086 and 17550); it runs until the server is down.
Remedy: follow the loop that is named and break it: no emitEvents, another collection, a condition that ends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.platform import loopfree

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("PL004", family="loops", severity="critical", phase="conformance")
@pytest.mark.each("platform.directus")
def test_no_loop(look: Look) -> None:
    """Nothing in the estate triggers itself for ever."""
    look.expect_none(loopfree.loop_free)
