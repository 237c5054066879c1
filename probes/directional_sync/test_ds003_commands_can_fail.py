"""DS003: every check, gate and verification can fail.

Why: the document's own `find … -exec jq empty {} \\;` ends well on broken JSON, and its drift gate is the entrypoint
  that it judges: a gate that cannot fail has never kept anything out.
Remedy: `-exec … +` or `xargs`, no `|| true`, no pipe of which a failure is expected, a script of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.directional_sync import commands

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("DS003", family="gates", severity="critical", phase="readiness")
@pytest.mark.each("directional_sync.file")
def test_commands_can_fail(look: Look) -> None:
    """Every check, gate and verification can fail."""
    look.expect_none(commands.commands_can_fail)
