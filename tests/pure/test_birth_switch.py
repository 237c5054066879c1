"""The kill switch as the endpoint reads it, whatever the type of its column."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.core.change import Differs
from compliance.core.finding import Finding, Note
from compliance.systems.birth_scan.drift import drift, target
from compliance.systems.birth_scan.standing import kill_switch_is_boolean
from tests.pure.birth import Rows, policy

ENABLED, CADENCE = policy().config.enabled, policy().config.cadence


@pytest.mark.parametrize("value", ["true", "false", "yes", 1, None])
def test_where_values_are_json_a_switch_that_is_a_text_is_none(value: Any) -> None:
    """The endpoint asks for the text of the column, which then has quotes, and refuses for ever."""
    rows = Rows(value="jsonb")
    rows.config = {ENABLED: value, CADENCE: "0 */6 * * *"}
    assert drift(rows.facts()) == [Differs(ENABLED, "value", True, value)]
    assert [j.facet for j in kill_switch_is_boolean(rows.facts()) if isinstance(j, Finding)] == ["value"]
    (wanted,) = [wanted for wanted in target(rows.facts()).rows if wanted.label == ENABLED]
    step = wanted.table.change("set right", wanted.row, wanted.found)
    assert f"set value = 'true'\nwhere c.key = '{ENABLED}'" in step.deploy.replace('"', "")
    rows.config[ENABLED] = False
    assert [j.content for j in kill_switch_is_boolean(rows.facts()) if isinstance(j, Note)] == ["off"]
