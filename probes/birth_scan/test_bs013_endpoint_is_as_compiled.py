"""BS013: The file of the endpoint is the one that policy and estate give.

Why: it checks the kill switch and its caller, and keeps a second scan out. One that was changed by hand, or
  compiled from an older policy, is called by the flow all the same, and nobody sees that it does something
  else.
Remedy: `compliance compile birth_scan` writes a plan of kind `preparation` that puts the file right; then build
  and restart the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan.prepare import endpoint_is_as_compiled

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS013", family="endpoint", severity="critical", phase="readiness")
@pytest.mark.each("birth_scan.endpoint")
def test_endpoint_is_as_compiled(look: Look) -> None:
    """The file of the endpoint is the one that policy and estate give."""
    look.expect_none(endpoint_is_as_compiled)
