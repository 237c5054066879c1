"""DS026: the script of the document starts this program.

Why: commands that people know, and the workflows of others, call `python scripts/sync_directional.py`; a runner of
  its own behind that name has none of the gates.
Remedy: put the drop-in of the reference repository in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.directional_sync import starting

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("DS026", family="runner", severity="high", phase="conformance")
@pytest.mark.each("directional_sync.runner")
def test_runner_is_ours(look: Look) -> None:
    """The script of the document starts this program."""
    look.expect_none(starting.the_runner_is_ours)
