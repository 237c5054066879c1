"""Flows that change rows of a collection that is synchronised and fire no flow by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core.finding import Unseen
from compliance.systems.registry_sync.unheard import unheard_writes
from tests.pure.flowcases import NEAR, Case, check, each
from tests.pure.flowrows import Op, World, policy, subjects

if TYPE_CHECKING:
    from collections.abc import Callable


def writes(kind: str, collection: str = "workflows", **more: Any) -> Callable[[], World]:
    options = {"collection": collection, "key": "1", "payload": {"name": "x"}, **more}
    return lambda: World().on("create", Op("w", kind, options))


CASES: list[Case] = [
    ("unheard_writes", "an update that says nothing of events", writes("item-update"), ["workflows"]),
    ("unheard_writes", "a creation without events", writes("item-create", emitEvents=False), ["workflows"]),
    ("unheard_writes", "a deletion, events null", writes("item-delete", emitEvents=None), ["workflows"]),
    ("unheard_writes", "by an empty text", writes("item-update", emitEvents=""), ["workflows"]),
    (
        "unheard_writes",
        "in a flow that is called",
        lambda: World().called("F", Op("w", "item-update", {"collection": "workflow_steps"})),
        ["workflow_steps"],
    ),
    ("unheard_writes", "with events", writes("item-update", emitEvents=True), NEAR),
    ("unheard_writes", "'false' is true to Directus", writes("item-update", emitEvents="false"), NEAR),
    ("unheard_writes", "another collection", writes("item-update", "orders"), NEAR),
    ("unheard_writes", "a read", writes("item-read"), NEAR),
    (
        "unheard_writes",
        "an inactive flow",
        lambda: World().add(
            "F", "schedule", {}, Op("w", "item-update", {"collection": "workflows"}), status="inactive"
        ),
        NEAR,
    ),
]


@each(CASES)
def test_a_rule_names_what_breaks_it_and_leaves_near_misses(
    rule: str, world: Callable[[], World], broken: list[str] | str
) -> None:
    check(rule, world, broken)


def test_a_collection_that_only_a_run_can_tell_is_not_taken_for_another_one() -> None:
    found = writes("item-update", "{{$trigger.collection}}")().says(unheard_writes)
    assert all(isinstance(judgement, Unseen) for judgement in found)
    assert subjects(found) == sorted(policy().collections)
