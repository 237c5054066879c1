"""Requests whose failure nobody sees, and operations that cannot but fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pure.flowcases import (
    CREATE,
    NEAR,
    RECORD,
    Case,
    changed,
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
    ("failures_are_recorded", "no reject", changed(CREATE, "send", reject=None), [CREATE]),
    ("failures_are_recorded", "a log alone", changed(CREATE, "failed_send", type="log"), [CREATE]),
    (
        "failures_are_recorded",
        "into another collection",
        optioned(CREATE, "failed_send", collection="orders"),
        [CREATE],
    ),
    ("failures_are_recorded", "of somebody else", on("create", Op("a", "request", send())), ["F"]),
    (
        "failures_are_recorded",
        "after a log",
        on(
            "create",
            Op("a", "request", send(), None, "b"),
            Op("b", "log", {}, "c"),
            Op("c", "item-create", RECORD),
        ),
        NEAR,
    ),
    (
        "failures_are_recorded",
        "in a flow that is called",
        several(
            helper(Op("record", "item-create", RECORD)),
            lambda w: w.on("create", Op("a", "request", send(), None, "b"), Op("b", "trigger", {"flow": "H"})),
        ),
        NEAR,
    ),
    (
        "failures_are_recorded",
        "in a called flow that is not active",
        several(
            lambda w: w.add("H", "operation", {}, Op("record", "item-create", RECORD), status="draft"),
            lambda w: w.on("create", Op("a", "request", send(), None, "b"), Op("b", "trigger", {"flow": "H"})),
        ),
        ["F"],
    ),
    (
        "failures_are_recorded",
        "only the success is recorded",
        on("create", Op("a", "request", send(), "b", "c"), Op("b", "item-create", RECORD), Op("c", "log")),
        ["F"],
    ),
    (
        "failures_are_recorded",
        "a flow that calls itself",
        several(helper(Op("a", "request", send(), None, "b"), Op("b", "trigger", {"flow": "H"}))),
        ["H"],
    ),
    ("operations_can_be_carried_out", "no options", changed(CREATE, "log", options=None), [CREATE]),
    ("operations_can_be_carried_out", "a list", changed(CREATE, "log", options=["message"]), [CREATE]),
    (
        "operations_can_be_carried_out",
        "headers that are an object",
        optioned(CREATE, "send", headers={"X-API-Key": "{{$env.K}}"}),
        [CREATE],
    ),
    (
        "operations_can_be_carried_out",
        "headers that are texts",
        optioned(CREATE, "send", headers=["X-API-Key: {{$env.K}}"]),
        [CREATE],
    ),
    (
        "operations_can_be_carried_out",
        "a body that is JSON as text",
        optioned(CREATE, "send", body='{"document_id": "{{$trigger.key}}"}'),
        [CREATE],
    ),
    (
        "operations_can_be_carried_out",
        "a template that is not closed",
        optioned(CREATE, "send", url="{{$env.AGENT_DATA_URL/documents"),
        [CREATE],
    ),
    ("operations_can_be_carried_out", "an empty variable", optioned(CREATE, "log", message="{{ }}"), [CREATE]),
    ("operations_can_be_carried_out", "no address", optioned(CREATE, "send", url=""), [CREATE]),
    ("operations_can_be_carried_out", "no method", optioned(CREATE, "send", method=None), [CREATE]),
    ("operations_can_be_carried_out", "an unknown method", optioned(CREATE, "send", method="PSOT"), [CREATE]),
    ("operations_can_be_carried_out", "no collection", optioned(CREATE, "read", collection=""), [CREATE]),
    ("operations_can_be_carried_out", "headers that are not given", on("create", *request(send())), NEAR),
    (
        "operations_can_be_carried_out",
        "a body that is a variable",
        on("create", *request(send(body="{{$trigger.payload}}"))),
        NEAR,
    ),
    (
        "operations_can_be_carried_out",
        "a body that is plain text",
        on("create", *request(send(body="{not json}"))),
        NEAR,
    ),
]


@each(CASES)
def test_a_rule_names_what_breaks_it_and_leaves_near_misses(
    rule: str, world: Callable[[], World], broken: list[str] | str
) -> None:
    check(rule, world, broken)
