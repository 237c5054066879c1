"""Flows that are listed as active and never run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pure.flowcases import CREATE, NEAR, Case, changed, check, each, on, optioned, scheduled
from tests.pure.flowrows import Op, World

if TYPE_CHECKING:
    from collections.abc import Callable

CASES: list[Case] = [
    (
        "flows_are_registered",
        "a declared flow that is not active",
        changed(CREATE, status="inactive"),
        [CREATE],
    ),
    ("flows_are_registered", "a declared flow in draft", changed(CREATE, status="draft"), [CREATE]),
    ("flows_are_registered", "an unknown trigger", changed(CREATE, trigger="cron"), [CREATE]),
    ("flows_are_registered", "no trigger", changed(CREATE, trigger=None), [CREATE]),
    ("flows_are_registered", "no scope", optioned(CREATE, None, scope=[]), [CREATE]),
    ("flows_are_registered", "no collections", optioned(CREATE, None, collections=None), [CREATE]),
    ("flows_are_registered", "no type", optioned(CREATE, None, type=None), [CREATE]),
    ("flows_are_registered", "an unknown type", optioned(CREATE, None, type="after"), [CREATE]),
    ("flows_are_registered", "an unknown event", optioned(CREATE, None, scope=["items.insert"]), [CREATE]),
    (
        "flows_are_registered",
        "a collection that is not there",
        optioned(CREATE, None, collections=["tabel_registry"]),
        [CREATE],
    ),
    ("flows_are_registered", "no options", changed(CREATE, options=None), [CREATE]),
    ("flows_are_registered", "an empty schedule", scheduled(""), ["F"]),
    ("flows_are_registered", "no schedule", scheduled(None), ["F"]),
    ("flows_are_registered", "4 fields", scheduled("0 */6 * *"), ["F"]),
    ("flows_are_registered", "7 fields", scheduled("0 0 */6 * * * *"), ["F"]),
    ("flows_are_registered", "the last day", scheduled("0 0 L * *"), ["F"]),
    ("flows_are_registered", "a day that never comes", scheduled("0 0 31 2 *"), ["F"]),
    ("flows_are_registered", "a number for a schedule", scheduled(6), ["F"]),
    (
        "flows_are_registered",
        "a webhook for PUT",
        lambda: World().add("F", "webhook", {"method": "PUT"}, Op("a", "log")),
        ["F"],
    ),
    (
        "flows_are_registered",
        "a manual flow of no collection",
        lambda: World().add("F", "manual", {}, Op("a", "log")),
        ["F"],
    ),
    ("flows_are_registered", "6 fields", scheduled("0 0 */6 * * *"), NEAR),
    ("flows_are_registered", "a preset", scheduled("@daily"), NEAR),
    (
        "flows_are_registered",
        "a scope as text",
        on("create", Op("a", "log"), scope="items.create,items.update"),
        NEAR,
    ),
    (
        "flows_are_registered",
        "a filter",
        on("create", Op("a", "log"), type="filter", scope=["items.query"]),
        NEAR,
    ),
    (
        "flows_are_registered",
        "a collection of Directus' own",
        on("create", Op("a", "log"), collection="directus_users"),
        NEAR,
    ),
    (
        "flows_are_registered",
        "a server that starts",
        on("create", Op("a", "log"), scope=["server.start"], collections=None),
        NEAR,
    ),
    (
        "flows_are_registered",
        "somebody else's flow that is not active",
        lambda: World().add("F", "", {}, status="inactive"),
        NEAR,
    ),
    (
        "flows_are_registered",
        "a webhook that says nothing",
        lambda: World().add("F", "webhook", {}, Op("a", "log")),
        NEAR,
    ),
]


@each(CASES)
def test_a_rule_names_what_breaks_it_and_leaves_near_misses(
    rule: str, world: Callable[[], World], broken: list[str] | str
) -> None:
    check(rule, world, broken)
