"""Drift of the registry flows, and what is compiled from it, as properties."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compliance.core.change import Compiled, Differs, Drift, Missing, Step, Undeclared
from compliance.core.errors import Refused
from compliance.core.flows import FLOW_COLUMNS, OPERATION_COLUMNS
from compliance.core.plansql import check_plan
from compliance.systems import registry_sync
from compliance.systems.registry_sync.desired import Flow, desired
from compliance.systems.registry_sync.drift import drift, kept
from compliance.systems.registry_sync.ids import KEYS
from tests.pure.registry import (
    NEW,
    Damage,
    Rows,
    damaged,
    damages,
    declared,
    facts_of,
    policy,
    values,
)

few = settings(max_examples=20)
TABLES = {"public.directus_flows", "public.directus_operations"}


def of(flows: Rows, operations: Rows) -> list[Drift]:
    return drift(policy(), values(flows), values(operations))


def wanted(flows: Rows, operations: Rows) -> dict[str, Flow]:
    return {flow.name: flow for flow in desired(policy(), values(flows), values(operations))}


def patched(flows: Rows, operations: Rows, changes: list[Drift]) -> tuple[Rows, Rows]:
    """The rows after every difference was repaired."""
    want = wanted(flows, operations)
    by_id, parts = ({row[0]: list(row) for row in rows} for rows in (flows, operations))
    for change in changes:
        match change:
            case Missing(name):
                by_id[want[name].id] = list(want[name].row)
                parts |= {row[0]: list(row) for row in want[name].operations}
            case Undeclared(shown):
                del by_id[shown.rpartition("(")[2].rstrip(")")]
            case Differs(name, facet, there, found):
                _repair(by_id[want[name].id], parts, want[name], facet, there, found)
    wanted_parts = {row[0] for flow in want.values() for row in flow.operations}
    return list(by_id.values()), [r for r in parts.values() if r[4] in by_id or r[0] in wanted_parts]


def _repair(flow: list[Any], parts: dict[str, Any], want: Flow, facet: str, there: Any, found: Any) -> None:
    if facet in FLOW_COLUMNS:
        assert flow[FLOW_COLUMNS.index(facet)] == found
        flow[FLOW_COLUMNS.index(facet)] = there
    elif facet.endswith(" missing"):
        parts[there["id"]] = list(next(row for row in want.operations if row[0] == there["id"]))
    elif facet.endswith(" undeclared"):
        # Another flow may have been given it back by then.
        if parts.get(found["id"], [None] * 5)[4] == want.id:
            del parts[found["id"]]
    else:
        key, _, column = facet.rpartition(" ")
        (row,) = (row for row in want.operations if row[2] == key)
        assert parts[row[0]][OPERATION_COLUMNS.index(column)] == found
        parts[row[0]][OPERATION_COLUMNS.index(column)] = there


def judged(flow: Flow) -> tuple[Any, ...]:
    """Of a flow what is judged, without an order."""
    return (flow.row, {row[0]: row[:8] for row in flow.operations})


@few
@given(damages())
def test_repairing_every_difference_gives_the_policy_with_the_ids_that_were_there(damage: list[Damage]) -> None:
    flows, operations = damaged(*declared(), damage)
    after = patched(flows, operations, of(flows, operations))
    assert of(*after) == []
    assert {n: judged(f) for n, f in wanted(*after).items()} == {
        n: judged(f) for n, f in wanted(flows, operations).items()
    }


@few
@given(damages().flatmap(lambda d: st.tuples(st.just(d), st.randoms(use_true_random=False))))
def test_the_order_of_rows_does_not_matter(given_: tuple[list[Damage], Any]) -> None:
    damage, random = given_
    flows, operations = damaged(*declared(), damage)
    before, compiled = of(flows, operations), compile_(flows, operations)
    random.shuffle(flows)
    random.shuffle(operations)
    assert of(flows, operations) == before
    assert [item.digest for item in compile_(flows, operations)] == [item.digest for item in compiled]


def compile_(flows: Rows, operations: Rows, *, prune: bool = False) -> tuple[Compiled, ...]:
    """What is compiled of rows in the order in which an observation has them."""
    return registry_sync.compile(facts_of(sorted(flows, key=str), sorted(operations, key=str), prune=prune))


@few
@given(damages())
def test_a_migration_has_a_step_where_there_is_drift_and_writes_its_own_tables_alone(
    damage: list[Damage],
) -> None:
    flows, operations = damaged(*declared(), damage)
    _, migration = compile_(flows, operations)
    assert bool(migration.steps) == any(not isinstance(d, Undeclared) for d in of(flows, operations))
    for step in migration.steps:
        check(step)
        assert {key.section for key in step.writes} <= {"rows:flows", "rows:operations"}
        assert "reloads-runtime" in step.hazards


def check(step: Step) -> None:
    for text in (step.deploy, step.verify, step.revert):
        check_plan(text, writable=TABLES)


@few
@given(damages())
@example([("names swapped", 0, 0, 1), ("flow gone", 0, 0, None)])
def test_no_two_operations_get_one_id(damage: list[Damage]) -> None:
    want = wanted(*damaged(*declared(), damage)).values()
    ids = [row[0] for flow in want for row in flow.operations]
    assert len(set(ids)) == len(ids)
    assert len({flow.id for flow in want}) == len(want)


def test_a_conforming_estate_has_no_drift_and_its_seed_inserts_nothing_and_removes_nothing() -> None:
    flows, operations = declared()
    assert of(flows, operations) == []
    seed, migration = compile_(flows, operations)
    assert (migration.steps, migration.files(), migration.title, migration.payloads) == (
        (),
        {},
        "nothing to do",
        {},
    )
    assert len(seed.steps) == len(policy().flows)
    check(seed.steps[0])
    assert all("on conflict (id) do nothing" in step.deploy for step in seed.steps)
    assert {step.revert for step in seed.steps} == {"-- Nothing was inserted, so there is nothing to remove."}
    assert seed.title == "all 18 declared flows and 12 helper flows"


def test_an_empty_estate_is_set_up_with_ids_that_follow_from_names() -> None:
    once, twice = compile_([], []), compile_([], [])
    assert once == twice
    assert once[1].title == "set up 30 flow(s)"
    assert len(json.loads(once[1].payloads["flows.json"])) == 30
    assert {row[2] for flow in wanted([], []).values() for row in flow.operations} == set(KEYS)


def test_a_flow_that_somebody_set_up_under_the_right_name_is_taken_over_with_its_id() -> None:
    flows, operations = declared()
    old = flows[-1][0]
    flows[-1][0] = NEW.format(7)
    for row in operations:
        row[4] = NEW.format(7) if row[4] == old else row[4]
    assert of(flows, operations) == []
    assert compile_(flows, operations)[1].steps == ()


def test_of_two_flows_of_one_name_nothing_is_compiled() -> None:
    flows, operations = declared()
    flows.append([NEW.format(1), *flows[0][1:6], None, None])
    with pytest.raises(Refused) as refused:
        compile_(flows, operations)
    assert refused.value.reasons == (f"'{flows[0][1]}' stands 2 times",)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("operations", 7, {"headers": [{"header": "X-API-Key", "value": "<secret entry length=9 hash=none>"}]}),
        ("operations", 1, "<secret assignment length=9 hash=none>"),
        ("flows", 7, "token=<secret assignment length=9 hash=none>"),
        ("flows", 5, {"a": ["<secret bearer length=9 hash=none>"]}),
        ("operations", 7, {"a": ["b\0"]}),
    ],
)
def test_what_no_revert_could_put_back_is_not_overwritten(table: str, column: int, value: Any) -> None:
    flows, operations = declared()
    (flows if table == "flows" else operations)[3][column] = value
    with pytest.raises(Refused, match=r"secret|NUL"):
        compile_(flows, operations)


def test_a_secret_of_a_flow_that_policy_does_not_declare_is_nobodys_obstacle() -> None:
    flows, operations = declared()
    flows.append(
        [
            NEW.format(1),
            "Other",
            "active",
            "manual",
            "all",
            {"a": "<secret entry length=9 hash=none>"},
            None,
            None,
        ]
    )
    assert compile_(flows, operations)[1].steps == ()


@pytest.mark.parametrize("link", [5, 6])
def test_an_operation_of_another_flow_that_leads_into_a_declared_one_is_named(link: int) -> None:
    flows, operations = declared()
    send = next(row for row in operations if row[2] == "send")
    send[1] = "changed"
    flows.append([NEW.format(1), "Other", "active", "manual", "all", {}, None, None])
    stranger: list[Any] = [NEW.format(2), "In", "in", "log", NEW.format(1), None, None, {}, 1, 1]
    stranger[link] = send[0]
    with pytest.raises(Refused) as refused:
        compile_(flows, [*operations, stranger])
    assert refused.value.reasons == (
        f"operation in ({NEW.format(2)}) of flow {NEW.format(1)} leads to operation {send[0]}",
    )


def test_a_flow_that_begins_with_anothers_operation_is_named() -> None:
    flows, operations = declared()
    flows[0][2] = "inactive"
    flows.append([NEW.format(1), "Other", "active", "manual", "all", {}, flows[0][6], None])
    with pytest.raises(Refused, match=rf"flow Other \({NEW.format(1)}\) begins with operation"):
        compile_(flows, operations)


def stranger(**changes: Any) -> list[Any]:
    row = dict(
        zip(FLOW_COLUMNS, (NEW.format(1), "Other", "active", "event", "all", None, None, None), strict=True)
    )
    options = {"type": "action", "scope": ["items.update"], "collections": ["workflows"]}
    return list((row | {"options": options} | changes).values())


SURPLUS: dict[str, dict[str, Any]] = {
    "an action": {},
    "a filter": {"options": {"type": "filter", "scope": ["items.create"], "collections": ["workflows"]}},
    "collections as text": {"options": {"scope": "items.update", "collections": "dot_tools,workflows"}},
    "options as text": {"options": '{"scope": ["items.delete"], "collections": ["workflows"]}'},
    "a scope of its own": {"options": {"type": "action", "scope": ["workflows.items.create"]}},
    "every collection": {"options": {"type": "action", "scope": ["*.items.create"]}},
    "all that happens": {"options": {"type": "action", "scope": ["**"]}},
    "every creation": {"options": {"type": "action", "scope": ["*.create"]}},
}  # fmt: skip
HARMLESS: dict[str, dict[str, Any]] = {
    "inactive": {"status": "inactive"},
    "by hand": {"trigger": "manual"},
    "another collection": {"options": {"type": "action", "scope": ["items.update"], "collections": ["dot_tools"]}},
    "a name that begins so": {"options": {"scope": ["items.update"], "collections": ["workflows_archive"]}},
    "without collections": {"options": {"type": "action", "scope": ["items.update"]}},
    "without a scope": {"options": {"type": "action", "collections": ["workflows"]}},
    "another event": {"options": {"type": "action", "scope": ["auth.login", "*.login"]}},
    "no options": {"options": None}, "options that are a list": {"options": ["workflows"]},
    "options that are text": {"options": "workflows"}, "collections that are an object": {
        "options": {"scope": ["items.update"], "collections": {"workflows": 1}}},
}  # fmt: skip


@pytest.mark.parametrize("what", SURPLUS)
def test_an_active_flow_that_hears_of_a_governed_collection_is_undeclared_and_switched_off_where_policy_prunes(
    what: str,
) -> None:
    flows, operations = declared()
    row = stranger(**SURPLUS[what])
    flows.append(row)
    assert of(flows, operations) == [Undeclared(f"Other ({NEW.format(1)})")]
    assert compile_(flows, operations)[1].steps == ()
    (step,) = compile_(flows, operations, prune=True)[1].steps
    assert step.title == f"switch off Other ({NEW.format(1)})"
    assert "set status = 'inactive'" in step.deploy
    assert "set status = 'active'" in step.revert
    assert {"deletes", "inserts"}.isdisjoint(step.hazards)


@pytest.mark.parametrize("what", HARMLESS)
def test_a_flow_that_hears_of_none_is_nobodys_business(what: str) -> None:
    flows, operations = declared()
    flows.append(stranger(**HARMLESS[what]))
    assert of(flows, operations) == []
    assert compile_(flows, operations, prune=True)[1].steps == ()


def test_options_that_are_kept_as_text_are_judged_as_what_they_say_and_kept_as_they_are_spelled() -> None:
    flows, operations = declared()
    for rows, column in ((flows, 5), (operations, 7)):
        for row in rows:
            row[column] = json.dumps(row[column], indent=1)
    assert of(flows, operations) == []
    flows[0][2] = "inactive"
    facts = facts_of(flows, operations, "text")
    _, migration = registry_sync.compile(facts)
    assert "set status = 'active'" in migration.steps[0].deploy
    assert "options =" not in migration.steps[0].deploy.partition("update")[2]


@pytest.mark.parametrize(
    ("found", "result"), [({"b": 1, "a": [2]}, True), ('{"a": [2], "b": 1}', True), ({}, False)]
)
def test_what_means_the_same_keeps_its_spelling(found: Any, result: bool) -> None:
    want = ("i", "n", "active", "event", None, {"a": (2,), "b": 1}, None, None)
    row = (*want[:5], found, *want[6:])
    assert (kept(want, row) == row) is result
