"""BS028: Each summary holds the whole answer, or says that it is partial.

Why: a text is not structured: whoever counts on its keys finds none (document 001, 2.E, 'do NOT claim').
Remedy: compile the endpoint again; what was written without it is settled by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan import observing

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS028", family="issues", severity="medium", phase="conformance")
@pytest.mark.each("birth_scan.issues")
def test_summaries_say_what_they_are(look: Look) -> None:
    """Each summary holds the whole answer, or says that it is partial."""
    look.expect_none(observing.summaries_say_what_they_are)
