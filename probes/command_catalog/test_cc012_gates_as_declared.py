"""CC012: a gate has its declared value.

Why: dry run needs the composer gate and live runs both; registering commands must not open either (document
  004, 'Gate semantics').
Remedy: set the gate back by the procedure that governs it; no plan of this system touches a gate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.command_catalog import rules

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("CC012", family="gates", severity="critical", phase="conformance")
@pytest.mark.each("command_catalog.gates")
def test_gates_as_declared(look: Look) -> None:
    """A gate has its declared value."""
    look.expect_none(rules.gates_as_declared)
