"""RS034: a bulk change is followed for all of its rows.

Why: an update or a delete of many rows fires once with all of their keys (FACTS, 'Trigger variables'):
  `keys[0]` loses every row but the first, and all keys in one text are the id of none.
Remedy: hand `{{$trigger.keys}}` to a flow of trigger `operation`, which runs once for each; `compliance compile
  registry_sync` writes declared flows so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import values

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS034", family="values", severity="critical", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_no_row_is_left_out(look: Look) -> None:
    """A bulk change is followed for all of its rows."""
    look.expect_none(values.no_row_is_left_out)
