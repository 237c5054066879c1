"""DS002: the entrypoint is there and can be started.

Why: the runner starts it directly; the bit that is set on one disk and not in git's index is missing in every clone,
  that of the workflow among them.
Remedy: `chmod +x`, `git update-index --chmod=+x`, and a first line that names an interpreter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.directional_sync import entrypoints

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("DS002", family="scripts", severity="critical", phase="readiness")
@pytest.mark.each("directional_sync.targets")
def test_entrypoints_can_be_started(look: Look) -> None:
    """The entrypoint is there and can be started."""
    look.expect_none(entrypoints.entrypoints_can_be_started)
