"""Ids of documents, compared as they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.finding import Unseen
from tests.pure.flowcases import (
    CREATE,
    NEAR,
    ONE_DELETE,
    ONE_UPDATE,
    URL,
    Case,
    _as_text,
    _inlined,
    check,
    document,
    each,
    on,
    optioned,
    request,
    send,
    several,
)
from tests.pure.flowrows import RULES, World, policy, subjects

if TYPE_CHECKING:
    from collections.abc import Callable

CASES: list[Case] = [
    (
        "one_row_has_one_document",
        "created under a column, as document 000 has it",
        optioned(CREATE, "send", body={"document_id": "registries/table_registry/{{read.table_id}}"}),
        ["table_registry"],
    ),
    (
        "one_row_has_one_document",
        "deleted under another name",
        optioned(ONE_DELETE, "send", url=f"{URL}/documents/registries/table_registry/{{{{$trigger}}}}"),
        ["table_registry"],
    ),
    (
        "one_row_has_one_document",
        "updated in another folder",
        optioned(ONE_UPDATE, "send", body={"document_id": "registries/tables/tbl-{{$trigger}}"}),
        ["table_registry"],
    ),
    (
        "one_row_has_one_document",
        "named by what was sent",
        optioned(CREATE, "send", body={"document_id": "registries/table_registry/tbl-{{$trigger.payload.id}}"}),
        ["table_registry"],
    ),
    (
        "one_row_has_one_document",
        "named by nothing",
        optioned(CREATE, "send", body={"document_id": "registries/table_registry/tbl-{{$trigger.keys}}"}),
        ["table_registry"],
    ),
    (
        "one_row_has_one_document",
        "named by the key of the row that was read",
        optioned(CREATE, "send", body={"document_id": "registries/table_registry/tbl-{{read.id}}"}),
        NEAR,
    ),
    (
        "one_row_has_one_document",
        "named by the last result",
        optioned(CREATE, "send", body={"document_id": "registries/table_registry/tbl-{{$last.id}}"}),
        NEAR,
    ),
    (
        "one_row_has_one_document",
        "put under its address",
        optioned(
            ONE_UPDATE,
            "send",
            method="PUT",
            url=f"{URL}/documents/registries/table_registry/tbl-{{{{$trigger}}}}",
        ),
        NEAR,
    ),
    (
        "one_row_has_one_document",
        "one key of many, which another rule tells",
        lambda: _inlined("{{$trigger.keys[0]}}"),
        NEAR,
    ),
    ("one_row_has_one_document", "a body that is text", _as_text, NEAR),
    (
        "no_document_has_two_writers",
        "two flows at one event",
        several(
            lambda w: w.on("create", *request(document("a/{{$trigger.key}}"))),
            lambda w: w.on("create", *request(document("a/{{$trigger.key}}")), name="G"),
        ),
        ["F", "G"],
    ),
    (
        "no_document_has_two_writers",
        "two collections",
        several(
            lambda w: w.on("create", *request(document("a/{{$trigger.key}}"))),
            lambda w: w.on(
                "update", *request(document("a/x-{{$trigger.keys[0]}}")), name="G", collection="lines"
            ),
        ),
        ["F", "G"],
    ),
    (
        "no_document_has_two_writers",
        "one deletes what another one creates",
        several(
            lambda w: w.on("create", *request(document("a/{{$trigger.key}}"))),
            lambda w: w.on(
                "delete",
                *request(send(f"{URL}/documents/a/{{{{$trigger.keys[0]}}}}", "DELETE")),
                name="G",
                collection="lines",
            ),
        ),
        ["F", "G"],
    ),
    (
        "no_document_has_two_writers",
        "one id for all rows, twice",
        several(
            lambda w: w.add("F", "schedule", {"cron": "@daily"}, *request(document("a/all"))),
            lambda w: w.add("G", "schedule", {"cron": "@daily"}, *request(document("a/all"))),
        ),
        ["F", "G"],
    ),
    (
        "no_document_has_two_writers",
        "ids that differ at their end",
        several(
            lambda w: w.on("create", *request(document("a/{{$trigger.key}}-x"))),
            lambda w: w.on("create", *request(document("a/{{$trigger.key}}-y")), name="G"),
        ),
        NEAR,
    ),
    (
        "no_document_has_two_writers",
        "ids of which one begins the other",
        several(
            lambda w: w.add("F", "schedule", {"cron": "@daily"}, *request(document("a/a"))),
            lambda w: w.add("G", "schedule", {"cron": "@daily"}, *request(document("a/a/a"))),
        ),
        NEAR,
    ),
    (
        "no_document_has_two_writers",
        "another service",
        several(
            lambda w: w.on("create", *request(document("a/{{$trigger.key}}"))),
            lambda w: w.on(
                "create", *request(send("{{$env.WEB_URL}}/documents", body={"document_id": "a/1"})), name="G"
            ),
        ),
        NEAR,
    ),
    (
        "no_document_has_two_writers",
        "one flow writes it twice",
        on("create", *request(document("a/1")), *request(document("a/1"), "b")),
        NEAR,
    ),
    (
        "no_document_has_two_writers",
        "a flow that is not active",
        several(
            lambda w: w.on("create", *request(document("a/1"))),
            lambda w: w.add(
                "G",
                "event",
                {"type": "action", "scope": ["items.create"], "collections": ["orders"]},
                *request(document("a/1")),
                status="inactive",
            ),
        ),
        NEAR,
    ),
    (
        "no_document_has_two_writers",
        "a flow that nobody calls",
        several(
            lambda w: w.on("create", *request(document("a/{{$trigger.key}}"))),
            lambda w: w.called("H", *request(document("a/{{$trigger}}"))),
        ),
        NEAR,
    ),
]


@each(CASES)
def test_a_rule_names_what_breaks_it_and_leaves_near_misses(
    rule: str, world: Callable[[], World], broken: list[str] | str
) -> None:
    check(rule, world, broken)


def test_an_id_that_no_rule_can_follow_could_not_be_looked_at() -> None:
    world = World.conforming()
    world.operation(CREATE, "read").update(type="exec", options={"code": "x"})
    world.operation(CREATE, "send")["options"]["body"]["document_id"] = "{{read.id}}"
    (found,) = world.says(RULES["one_row_has_one_document"])
    assert isinstance(found, Unseen)
    assert found.subject == "table_registry"


def test_every_collection_of_policy_is_compared() -> None:
    world = World.conforming()
    for row in world.operations:
        if row["type"] == "request" and row["options"]["method"] == "DELETE":
            row["options"]["url"] += "-x"
    assert subjects(world.says(RULES["one_row_has_one_document"])) == sorted(policy().collections)
