"""Chains of operations: what Directus cannot build, never reaches or does not know, and what only looks so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pure.flowcases import (
    CREATE,
    NEAR,
    ONE_UPDATE,
    UPDATE,
    Case,
    caller,
    changed,
    check,
    each,
    helper,
    on,
    optioned,
    several,
)
from tests.pure.flowrows import RULES, Op, World, subjects

if TYPE_CHECKING:
    from collections.abc import Callable

CASES: list[Case] = [
    ("begins_with_its_own", "no operation", changed(CREATE, operation=None), [CREATE]),
    ("begins_with_its_own", "an operation that is not there", changed(CREATE, operation="gone"), [CREATE]),
    (
        "begins_with_its_own",
        "another flow's operation",
        lambda: changed(CREATE, operation=World.conforming().operation(UPDATE, "log")["id"])(),
        [CREATE],
    ),
    (
        "begins_with_its_own",
        "a flow that is not active has none",
        changed(CREATE, operation=None, status="draft"),
        NEAR,
    ),
    ("runs_forward", "a way back", on("create", Op("a", "log", {}, "b"), Op("b", "log", {}, "a")), ["F"]),
    ("runs_forward", "to itself", on("create", Op("a", "log", {}, "a")), ["F"]),
    (
        "runs_forward",
        "a way back after a failure",
        on("create", Op("a", "log", {}, "b"), Op("b", "log", {}, None, "a")),
        ["F"],
    ),
    (
        "runs_forward",
        "success and failure lead to one",
        on("create", Op("a", "log", {}, "b", "b"), Op("b", "log")),
        ["F"],
    ),
    (
        "runs_forward",
        "two ways lead to one",
        on(
            "create",
            Op("a", "log", {}, "b", "c"),
            Op("b", "log", {}, "d"),
            Op("c", "log", {}, "d"),
            Op("d", "log"),
        ),
        ["F"],
    ),
    (
        "runs_forward",
        "two ways that stay apart",
        on("create", Op("a", "log", {}, "b", "c"), Op("b", "log"), Op("c", "log")),
        NEAR,
    ),
    (
        "runs_forward",
        "a circle that is not active",
        lambda: World().add("F", "event", {}, Op("a", "log", {}, "a"), status="inactive"),
        NEAR,
    ),
    ("every_operation_is_reached", "nothing leads to it", on("create", Op("a", "log"), Op("b", "log")), ["F"]),
    ("every_operation_is_reached", "a declared one is cut off", changed(CREATE, "log", resolve=None), [CREATE]),
    (
        "every_operation_is_reached",
        "after a failure",
        on("create", Op("a", "log", {}, None, "b"), Op("b", "log")),
        NEAR,
    ),
    (
        "links_lead_somewhere",
        "an operation that is not there",
        changed(CREATE, "log", resolve="gone"),
        [CREATE],
    ),
    ("links_lead_somewhere", "a failure leads nowhere", changed(CREATE, "read", reject="gone"), [CREATE]),
    ("links_lead_somewhere", "nowhere", changed(CREATE, "send", resolve=None), NEAR),
    ("links_lead_somewhere", "an empty text", changed(CREATE, "log", resolve=""), [CREATE]),
    (
        "links_lead_somewhere",
        "into another flow",
        several(
            lambda w: w.on("create", Op("a", "log", {}, "G/b")),
            lambda w: w.on("create", Op("b", "log"), name="G"),
        ),
        ["F"],
    ),
    ("types_are_known", "a type that is not there", changed(CREATE, "log", type="logg"), [CREATE]),
    ("types_are_known", "a type in another case", changed(CREATE, "log", type="Log"), [CREATE]),
    ("types_are_known", "no type", changed(CREATE, "log", type=None), [CREATE]),
    (
        "types_are_known",
        "Directus' own",
        on("create", Op("a", "json-web-token", {"operation": "decode"})),
        NEAR,
    ),
    ("keys_are_distinct", "one key twice", changed(CREATE, "send", key="read"), [CREATE]),
    (
        "keys_are_distinct",
        "one key in two flows",
        several(lambda w: w.on("create", Op("a", "log")), lambda w: w.called("H", Op("a", "log"))),
        NEAR,
    ),
    ("keys_are_distinct", "a key of Directus' own", on("create", Op("$last", "log")), ["F"]),
    ("keys_are_distinct", "no key", on("create", Op("", "log")), ["F"]),
    ("calls_are_answered", "a flow that is not there", optioned(UPDATE, "each", flow="gone"), [UPDATE]),
    ("calls_are_answered", "no flow", optioned(UPDATE, "each", flow=None), [UPDATE]),
    ("calls_are_answered", "a flow that is not active", changed(ONE_UPDATE, status="inactive"), [UPDATE]),
    ("calls_are_answered", "a flow that waits for an event", changed(ONE_UPDATE, trigger="event"), [UPDATE]),
    (
        "calls_are_answered",
        "a flow that only a run can name",
        optioned(UPDATE, "each", flow="{{$trigger.x}}"),
        NEAR,
    ),
    (
        "nothing_is_executed",
        "in a declared flow",
        changed(CREATE, "log", type="exec", options={"code": "x"}),
        [CREATE],
    ),
    (
        "nothing_is_executed",
        "in a flow on a governed collection",
        on("create", Op("a", "exec"), collection="workflows"),
        ["F"],
    ),
    (
        "nothing_is_executed",
        "in a flow that one on a governed collection calls",
        several(helper(Op("a", "exec")), caller("update", collection="workflows")),
        ["H"],
    ),
    ("nothing_is_executed", "in a flow of somebody else", on("create", Op("a", "exec")), NEAR),
]


@each(CASES)
def test_a_rule_names_what_breaks_it_and_leaves_near_misses(
    rule: str, world: Callable[[], World], broken: list[str] | str
) -> None:
    check(rule, world, broken)


def test_a_flow_whose_name_stands_twice_is_told_apart_by_its_id() -> None:
    world = World().on("create", Op("a", "logg"))
    world.add("G", "event", {}, Op("a", "logg"))
    world.flows[1]["name"] = "F"
    assert subjects(world.says(RULES["types_are_known"])) == ["F (F)", "F (G)"]
