"""PL001: the server is of a major version that policy allows.

Why: catalogs change from one major version to the next; on an unknown one a query may answer something else.
Remedy: upgrade the server, or review this suite on the new version and widen `postgres` in platform.yaml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.platform import rules

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("PL001", family="server", severity="critical", phase="readiness")
@pytest.mark.each("platform")
def test_server_is_supported(look: Look) -> None:
    """The server is of a major version that policy allows."""
    look.expect_none(rules.server_is_supported)
