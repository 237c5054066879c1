"""DS004: the entrypoint fails when something in it fails.

Why: an entrypoint that ends well tells the runner that all is well; counters in the subshell of a pipe made a
  summary that always said 0 failures.
Remedy: `set -euo pipefail`; no `|| true`; count in this shell; in Python `check=True` and `sys.exit(main())`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.directional_sync import scripts

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("DS004", family="scripts", severity="high", phase="readiness")
@pytest.mark.each("directional_sync.targets")
def test_scripts_fail_when_they_fail(look: Look) -> None:
    """The entrypoint fails when something in it fails."""
    look.expect_none(scripts.scripts_fail_when_they_fail)
