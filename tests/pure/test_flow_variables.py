"""Variables that a run does not provide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pure.flowcases import (
    CREATE,
    NEAR,
    URL,
    Case,
    caller,
    check,
    each,
    helper,
    on,
    optioned,
    request,
    send,
    several,
)
from tests.pure.flowrows import Op, World

if TYPE_CHECKING:
    from collections.abc import Callable

CASES: list[Case] = [
    (
        "variables_are_provided",
        "a create has no keys",
        on("create", *request(send(body="{{$trigger.keys}}"))),
        ["F"],
    ),
    (
        "variables_are_provided",
        "an update has no key",
        on("update", *request(send(f"{URL}/{{{{$trigger.key}}}}"))),
        ["F"],
    ),
    (
        "variables_are_provided",
        "a delete has no fields",
        on("delete", *request(send(body="{{$trigger.payload.name}}"))),
        ["F"],
    ),
    (
        "variables_are_provided",
        "an update sends what changed",
        on("update", *request(send(body="{{$trigger.payload.name}}"))),
        ["F"],
    ),
    (
        "variables_are_provided",
        "an operation that runs later",
        on("create", *request(send(body="{{after.x}}")), Op("after", "log")),
        ["F"],
    ),
    (
        "variables_are_provided",
        "an operation of another branch",
        on(
            "create",
            Op("a", "item-read", {"collection": "orders", "key": "{{$trigger.key}}"}, "b", "c"),
            Op("b", "transform", {"json": {"x": 1}}),
            Op("c", "log", {"message": "{{b.x}}"}),
        ),
        ["F"],
    ),
    (
        "variables_are_provided",
        "an operation that is not there",
        on("create", Op("a", "log", {"message": "{{raed.name}}"})),
        ["F"],
    ),
    (
        "variables_are_provided",
        "the result of a log",
        on("create", Op("a", "log", {}, "send"), *request(send(body={"x": "{{$last}}"}))),
        ["F"],
    ),
    (
        "variables_are_provided",
        "a schedule hands over nothing",
        lambda: World().add("F", "schedule", {"cron": "@daily"}, Op("a", "log", {"message": "{{$trigger.x}}"})),
        ["F"],
    ),
    (
        "variables_are_provided",
        "a response has no body",
        on("create", Op("s", "request", send(), "a", None), Op("a", "log", {"message": "{{s.body}}"})),
        ["F"],
    ),
    (
        "variables_are_provided",
        "or written as a script would",
        on("create", *request(send(body="{{$trigger.key || $trigger.keys[0]}}"))),
        ["F"],
    ),
    (
        "variables_are_provided",
        "what no caller hands over",
        several(helper(Op("a", "log", {"message": "{{$trigger.id}}"})), caller("update")),
        ["H"],
    ),
    (
        "variables_are_provided",
        "what one caller of two hands over",
        several(
            helper(Op("a", "log", {"message": "{{$trigger.id}}"})),
            caller("update", {"id": 1}),
            caller("create", {"key": 1}, name="G"),
        ),
        ["H"],
    ),
    (
        "variables_are_provided",
        "a column that is not there",
        optioned(CREATE, "send", body={"document_id": "x", "t": "{{read.nmae}}"}),
        [CREATE],
    ),
    (
        "variables_are_provided",
        "a column that the query leaves out",
        on(
            "create",
            Op(
                "r",
                "item-read",
                {"collection": "orders", "key": "{{$trigger.key}}", "query": {"fields": ["id"]}},
                "send",
            ),
            *request(send(body="{{r.name}}")),
        ),
        ["F"],
    ),
    (
        "variables_are_provided",
        "a create and an update in one",
        lambda: World().on(
            "create", *request(send(body="{{$trigger.key}}")), scope=["items.create", "items.update"]
        ),
        ["F"],
    ),
    (
        "variables_are_provided",
        "a filter knows no key yet",
        on("create", *request(send(body="{{$trigger.key}}")), type="filter"),
        ["F"],
    ),
    (
        "variables_are_provided",
        "a create and an update told apart",
        lambda: World().on(
            "create",
            Op("which", "condition", {"filter": {"$trigger": {"key": {"_nnull": True}}}}, "send", "each"),
            *request(send(body="{{$trigger.key}}")),
            Op("each", "log", {"message": "{{$trigger.keys}}"}),
            scope=["items.create", "items.update"],
        ),
        NEAR,
    ),
    (
        "variables_are_provided",
        "what every caller hands over",
        several(
            helper(Op("a", "log", {"message": "{{$trigger.id}}"})),
            caller("update", {"id": 1}),
            caller("create", {"id": 2}, name="G"),
        ),
        NEAR,
    ),
    (
        "variables_are_provided",
        "a text that becomes an object",
        several(
            helper(Op("a", "log", {"message": "{{$trigger.id}}"})),
            caller("create", '{"id": "{{$trigger.key}}"}'),
        ),
        NEAR,
    ),
    (
        "variables_are_provided",
        "what a webhook brings",
        lambda: World().add("F", "webhook", {}, Op("a", "log", {"message": "{{$trigger.body.x[0].y}}"})),
        NEAR,
    ),
    (
        "variables_are_provided",
        "what a response brings",
        on(
            "create",
            Op("s", "request", send(), "a", None),
            Op("a", "log", {"message": "{{s.data.id}} {{s.status}}"}),
        ),
        NEAR,
    ),
    (
        "variables_are_provided",
        "what a transform makes",
        on(
            "create",
            Op("t", "transform", {"json": {"a": {"b": "{{$trigger.key}}"}}}, "a"),
            Op("a", "log", {"message": "{{t.a.b}}"}),
        ),
        NEAR,
    ),
    (
        "variables_are_provided",
        "who did it",
        on("create", Op("a", "log", {"message": "{{$accountability.user}}"})),
        NEAR,
    ),
    (
        "variables_are_provided",
        "a column that is always sent",
        on("create", *request(send(body="{{$trigger.payload.name}}")), collection="workflows"),
        NEAR,
    ),
    (
        "variables_are_provided",
        "a log of what was sent",
        on("update", Op("a", "log", {"message": "{{$trigger.payload.name}}"})),
        NEAR,
    ),
    (
        "variables_are_provided",
        "a row of what was created",
        on(
            "create",
            Op("c", "item-create", {"collection": "lines", "payload": {"a": 1}}, "a"),
            Op("a", "log", {"message": "{{c[0]}}"}),
        ),
        NEAR,
    ),
    (
        "variables_are_provided",
        "a flow that is not active",
        lambda: World().add("F", "schedule", {}, Op("a", "log", {"message": "{{x}}"}), status="draft"),
        NEAR,
    ),
    (
        "variables_are_provided",
        "a flow that nobody calls",
        several(helper(Op("a", "log", {"message": "{{$trigger.id}}"}))),
        NEAR,
    ),
]


@each(CASES)
def test_a_rule_names_what_breaks_it_and_leaves_near_misses(
    rule: str, world: Callable[[], World], broken: list[str] | str
) -> None:
    check(rule, world, broken)
