"""RS031: a flow's rows are those that its last API write left.

Why: a change by SQL is listed at once and is not active: the running process keeps what it loaded (FACTS,
  'Flows'). Flows that were made by SQL alone have no revision at all.
Remedy: write the flow once through the API with its own content, which reloads all: `compliance compile
  registry_sync` plans it for declared flows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import revisions

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS031", family="flows", severity="critical", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_rows_equal_their_last_revision(look: Look) -> None:
    """A flow's rows are those that its last API write left."""
    look.expect_none(revisions.rows_equal_their_last_revision)
