"""RS020: a flow begins with an operation of its own.

Why: Directus looks for the first operation among the flow's own alone, and there is no foreign key: a flow
  without one runs, and does nothing (FACTS, 'Flows').
Remedy: of a declared flow `compliance compile registry_sync`; of any other, set its first operation in Directus
  or switch it off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import chains

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS020", family="chains", severity="high", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_begins_with_its_own_operation(look: Look) -> None:
    """A flow begins with an operation of its own."""
    look.expect_none(chains.begins_with_its_own)
