"""RS035: what a flow names is there when it runs.

Why: a variable that nothing provides is rendered as the text `undefined` or `null`, in a document id as well
  (FACTS, 'Flows'): a create knows no `keys`, an update no `key` and only the fields that changed.
Remedy: read the row first and name its columns; of a declared flow `compliance compile registry_sync`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import values

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS035", family="values", severity="critical", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_variables_are_provided(look: Look) -> None:
    """What a flow names is there when it runs."""
    look.expect_none(values.variables_are_provided)
