"""RS027: no governed flow runs a script.

Why: document 000, 'DOT Tool', builds on operations that can be read; what a script reads, writes and sends no
  rule can follow.
Remedy: replace the `exec` operation; a `trigger` operation over `$trigger.keys` is the loop that scripts are
  written for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import chains

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS027", family="chains", severity="high", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_nothing_is_executed(look: Look) -> None:
    """No governed flow runs a script."""
    look.expect_none(chains.nothing_is_executed)
