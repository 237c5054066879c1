"""Bulk changes of which rows are lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pure.flowcases import (
    NEAR,
    URL,
    Case,
    caller,
    check,
    document,
    each,
    fallback,
    helper,
    on,
    request,
    send,
    several,
)
from tests.pure.flowrows import Op, World

if TYPE_CHECKING:
    from collections.abc import Callable

CASES: list[Case] = [
    (
        "no_row_is_left_out",
        "the first key",
        on("update", *request(send(f"{URL}/a/{{{{$trigger.keys[0]}}}}"))),
        ["F"],
    ),
    (
        "no_row_is_left_out",
        "the second key",
        on("delete", *request(send(body={"id": "{{$trigger.keys[1]}}"}))),
        ["F"],
    ),
    (
        "no_row_is_left_out",
        "the first key with a dot",
        on("update", *request(send(body={"id": "{{$trigger.keys.0}}"}))),
        ["F"],
    ),
    (
        "no_row_is_left_out",
        "the first of the payload of a delete",
        on("delete", *request(send(body="{{$trigger.payload[0]}}"))),
        ["F"],
    ),
    (
        "no_row_is_left_out",
        "the last result, which is the trigger",
        on("update", Op("r", "item-read", {"collection": "orders", "key": "{{$last.keys[0]}}"})),
        ["F"],
    ),
    (
        "no_row_is_left_out",
        "hands over one",
        several(helper(Op("a", "log")), caller("update", "{{$trigger.keys[0]}}")),
        ["F"],
    ),
    (
        "no_row_is_left_out",
        "hands over an object with one",
        several(helper(Op("a", "log")), caller("update", {"id": "{{$trigger.keys[0]}}"})),
        ["F"],
    ),
    (
        "no_row_is_left_out",
        "the first of the rows that were read",
        on(
            "update",
            Op("r", "item-read", {"collection": "orders", "key": "{{$trigger.keys}}"}, "send"),
            *request(send(body={"id": "{{r[0].id}}"})),
        ),
        ["F"],
    ),
    (
        "no_row_is_left_out",
        "all keys in one address",
        on("delete", *request(send(f"{URL}/a/{{{{$trigger.keys}}}}", "DELETE"))),
        ["F"],
    ),
    (
        "no_row_is_left_out",
        "all keys in one id",
        on("update", *request(document("a/{{$trigger.keys}}"))),
        ["F"],
    ),
    (
        "no_row_is_left_out",
        "a script",
        on("update", Op("x", "exec", {"code": "module.exports = d => d.$trigger.keys[0]"})),
        ["F"],
    ),
    (
        "no_row_is_left_out",
        "a fallback that an update reaches",
        fallback("update", {"$trigger": {"key": {"_nnull": True}}}),
        ["F"],
    ),
    (
        "no_row_is_left_out",
        "in a called flow",
        several(
            helper(*request(send(body={"id": "{{$trigger.keys[0]}}"}))),
            caller("update", {"keys": "{{$trigger.keys}}"}),
        ),
        ["H"],
    ),
    (
        "no_row_is_left_out",
        "a fallback that a create never reaches",
        fallback("create", {"$trigger": {"key": {"_nnull": True}}}),
        NEAR,
    ),
    (
        "no_row_is_left_out",
        "a loop",
        several(helper(*request(send(f"{URL}/a/{{{{$trigger}}}}"))), caller("update")),
        NEAR,
    ),
    (
        "no_row_is_left_out",
        "a log",
        on("update", Op("a", "log", {"message": "{{$trigger.keys[0]}} and more"})),
        NEAR,
    ),
    (
        "no_row_is_left_out",
        "all keys as a list",
        on("update", *request(send(body={"ids": "{{$trigger.keys}}"}))),
        NEAR,
    ),
    (
        "no_row_is_left_out",
        "all rows are read",
        on("update", Op("r", "item-read", {"collection": "orders", "key": "{{$trigger.keys}}"})),
        NEAR,
    ),
    (
        "no_row_is_left_out",
        "the first of what a query finds",
        on(
            "update",
            Op("r", "item-read", {"collection": "orders", "query": {"limit": 1}}, "send"),
            *request(send(body={"to": "{{r[0].to}}"})),
        ),
        NEAR,
    ),
    (
        "no_row_is_left_out",
        "the title of a failure",
        on(
            "update",
            Op(
                "a",
                "item-create",
                {"collection": "system_issues", "payload": {"title": "{{$trigger.keys[0]}}"}},
            ),
        ),
        NEAR,
    ),
    (
        "no_row_is_left_out",
        "a script that takes them all",
        on("update", Op("x", "exec", {"code": "d => d.$trigger.keys.map(f)"})),
        NEAR,
    ),
    (
        "no_row_is_left_out",
        "a script of a create",
        on("create", Op("x", "exec", {"code": "d => d.$trigger.key ?? d.$trigger.keys[0]"})),
        NEAR,
    ),
]


@each(CASES)
def test_a_rule_names_what_breaks_it_and_leaves_near_misses(
    rule: str, world: Callable[[], World], broken: list[str] | str
) -> None:
    check(rule, world, broken)
