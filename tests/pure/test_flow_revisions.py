"""Rows that were changed behind the running process."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.core.finding import Finding
from tests.pure.flowcases import CREATE
from tests.pure.flowrows import RULES, World, subjects


@pytest.mark.parametrize(
    ("column", "value"),
    [("name", "other"), ("options", {"type": "filter"}), ("status", "inactive"), ("trigger", None)],
)
def test_a_flow_that_was_changed_behind_the_process_is_found(column: str, value: Any) -> None:
    world = World.conforming()
    world.revisions = world.saved()
    world.flow(CREATE)[column] = value
    changed_name = value if column == "name" else CREATE
    assert subjects(world.says(RULES["rows_equal_their_last_revision"])) == [changed_name]


def test_an_operation_that_was_changed_behind_the_process_is_found_under_its_flow() -> None:
    world = World.conforming()
    world.revisions = [(i, t, dict(d)) for i, t, d in world.saved()]
    world.operation(CREATE, "send")["options"] = {"url": "http://elsewhere"}
    (found,) = world.says(RULES["rows_equal_their_last_revision"])
    assert isinstance(found, Finding)
    assert (found.subject, found.facet) == (CREATE, "operation send-options")


def test_a_row_without_a_revision_may_be_unknown_to_the_process() -> None:
    world = World.conforming()
    world.revisions = world.saved()[1:]
    (found,) = world.says(RULES["rows_equal_their_last_revision"])
    assert "no API write" in str(found)


def test_a_revision_says_nothing_of_columns_that_it_does_not_hold() -> None:
    world = World.conforming()
    world.revisions = [
        (item, table, {"name": data["name"], "operations": [1]}) for item, table, data in world.saved()
    ]
    world.flow(CREATE)["status"] = "draft"
    assert world.says(RULES["rows_equal_their_last_revision"]) == []


@pytest.mark.parametrize(
    ("row", "revision", "same"),
    [
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ('{"a": [1]}', {"a": [1]}, True),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        (None, {}, False),
    ],
)
def test_options_are_compared_as_json(row: Any, revision: Any, same: bool) -> None:
    world = World().add("F", "event", row)
    world.revisions = [("F", "directus_flows", {"options": revision})]
    assert (world.says(RULES["rows_equal_their_last_revision"]) == []) == same
