"""BS024: The running server has the route that the flow calls.

Why: a file in the repository is not yet a server that runs it. Until that is built and started again, each fire
  of the flow is a failure. A server of screens answers 200 to everything, so that a GET alone tells nothing
  there.
Remedy: build the server with the file, and restart it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan.standing import route_is_there

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS024", family="endpoint", severity="high", phase="conformance")
@pytest.mark.each("birth_scan.endpoint")
def test_route_is_there(look: Look) -> None:
    """The running server has the route that the flow calls."""
    look.expect_none(route_is_there)
