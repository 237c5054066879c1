"""BS012: Reports lie outside of what the document service writes back.

Why: a report that came back to Directus would be a change there, which flows send on again (document 000, 'Loop
  Proof').
Remedy: choose another prefix in `knowledge`, or take it out of the prefixes of the reverse sync.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan import knowledge

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS012", family="knowledge", severity="high", phase="readiness")
@pytest.mark.each("birth_scan.knowledge")
def test_reports_stay_out_of_the_reverse_sync(look: Look) -> None:
    """Reports lie outside of what the document service writes back."""
    look.expect_none(knowledge.reports_stay_out_of_the_reverse_sync)
