"""Drift of the birth scan, and the steps that repair it: what they write, and what no step of any plan may."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.core.change import Differs, Missing, Step, Undeclared
from compliance.core.errors import CouldNotLook, Refused
from compliance.core.flowsql import Writer
from compliance.core.footprint import FactKey
from compliance.core.plansql import check_plan, columns_named
from compliance.systems import Policies
from compliance.systems.birth_scan import desired
from compliance.systems.birth_scan.compile import Staying, check_decided, check_kept, staying, writable
from compliance.systems.birth_scan.drift import drift, target
from compliance.systems.birth_scan.policy import Auth
from compliance.systems.birth_scan.review import proposal
from compliance.systems.protocol import Facts
from tests import faults
from tests.pure.birth import TOOLS, Rows, policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.birth_scan.policy import Policy

FLOW, TOOL = policy().flow.name, "tool DOT-BIRTH-SCAN"
ENABLED, CADENCE = policy().config.enabled, policy().config.cadence
WRITTEN = {"public.directus_flows", "public.directus_operations", "public.dot_config", "public.dot_tools"}


PATTERN = "26c26d9b-1407-5c76-86f5-6bbdb0ebeb9d"
SEND = "7589da62-6331-56e5-a4ad-b6ff71c41841"


def with_pattern(rows: Rows) -> Rows:
    """The same beside the flow that is copied from, its call and its tool."""
    flow, operation = list(desired.desired(policy()).flows[0]), list(desired.desired(policy()).operations[0])
    flow[0], flow[1], operation[0], operation[4] = PATTERN, policy().pattern.flow, SEND, PATTERN
    rows.flows.append(flow)
    rows.operations.append(operation)
    rows.tools.append({**dict.fromkeys(TOOLS), "code": policy().pattern.tool, "name": policy().pattern.flow})
    return rows


@cache
def platform() -> Any:
    """That of the reference, which is read once."""
    return Policies.load(faults.reference())["platform"]


def stays(rows: Rows) -> Staying:
    """What no step may write, with the platform's policy of the reference."""
    given = rows.facts()
    policies = {**given.policies, "platform": platform()}
    return staying(Facts("birth_scan", policies, given.observation), target(given))


def steps(rows: Rows) -> list[Step]:
    """Of seed and migration, as they are compiled."""
    found = target(rows.facts())
    writer = Writer("public", rows.columns)
    changes = [w.table.change("change", w.row, w.found) for w in found.rows if w.found != w.row]
    return [
        writer.insert(FLOW, found.want, found.there),
        writer.change(FLOW, found.there, found.want),
        *(w.table.insert("insert", w.row, w.found) for w in found.rows),
        *changes,
    ]


# --- drift -------------------------------------------------------------------------------------------------------


def test_what_is_declared_is_no_drift_and_where_nothing_is_there_all_of_it_is_missing() -> None:
    assert drift(Rows().facts()) == []
    assert drift(Rows().empty().facts()) == [Missing(FLOW), Missing(ENABLED), Missing(CADENCE), Missing(TOOL)]


def test_differences_go_both_ways_and_name_what_differs() -> None:
    rows = Rows()
    rows.flows[0][2] = "inactive"
    rows.operations[1][7] = {"message": "x"}
    rows.operations[2][0] = str(uuid.UUID(int=1))
    rows.config[CADENCE] = "0 0 * * *"
    rows.tools[0]["owner"] = "somebody"
    found = drift(rows.facts())
    assert [(d.subject, getattr(d, "facet", "")) for d in found] == [
        (FLOW, "status"), (FLOW, "said options"), (FLOW, "failed_scan missing"), (FLOW, "failed_scan undeclared"),
        (CADENCE, "value"), (TOOL, "owner"),
    ]  # fmt: skip
    assert Differs(TOOL, "owner", "platform", "somebody") in found


def test_a_second_row_of_the_tool_s_name_is_reported_and_never_chosen() -> None:
    rows = Rows()
    rows.tools.append({**rows.tools[0], "owner": "somebody"})
    assert [type(d) for d in drift(rows.facts())][:1] == [Undeclared]


@pytest.mark.parametrize(
    ("spelled", "same"),
    [("0 0 */6 * * *", True), ("0 0,6,12,18 * * *", True), ("0 */5 * * *", False), ("", False), (None, False)],
)
def test_a_cadence_is_compared_by_what_it_means_in_all_three_places(spelled: Any, same: bool) -> None:
    rows = Rows()
    rows.flows[0][5] = {"cron": spelled}
    rows.config[CADENCE] = rows.tools[0]["cron_schedule"] = spelled
    assert (drift(rows.facts()) == []) is same
    assert same or {d.subject for d in drift(rows.facts())} == {FLOW, CADENCE, TOOL}


@pytest.mark.parametrize(
    ("value", "fine"), [("true", True), ("false", True), ("TRUE", False), ("1", False), ("", False)]
)
def test_a_kill_switch_is_repaired_only_where_it_is_neither_on_nor_off(value: str, fine: bool) -> None:
    rows = Rows()
    rows.config[ENABLED] = value
    assert drift(rows.facts()) == ([] if fine else [Differs(ENABLED, "value", "true", value)])


def test_where_values_are_json_the_switch_is_a_boolean_and_the_cadence_a_text() -> None:
    rows = Rows(value="jsonb")
    rows.config = {ENABLED: False, CADENCE: "0 */6 * * *"}
    assert drift(rows.facts()) == []
    sql = "\n".join(step.deploy for step in steps(rows.empty()))
    assert f"select '{ENABLED}', 'true'," in sql
    assert f"select '{CADENCE}', '\"0 */6 * * *\"'," in sql


def test_another_flow_of_that_name_is_not_taken_over() -> None:
    """Its id is policy: what has another one is somebody else's, and a conflict that a probe tells of."""
    rows = Rows()
    rows.flows[0][0] = str(uuid.UUID(int=7))
    assert Missing(FLOW) in drift(rows.facts())


# --- what is declared ----------------------------------------------------------------------------------------------


def test_ids_follow_from_that_of_the_flow() -> None:
    flow = policy().flow.id
    wanted = [str(uuid.uuid5(uuid.UUID(flow), key)) for key in ("scan", "said", "failed_scan")]
    assert [row[0] for row in desired.desired(policy()).operations] == wanted


@pytest.mark.parametrize(
    ("auth", "headers"),
    [
        (Auth("Authorization", "T", "S"), [("Authorization", "Bearer {{$env.T}}")]),
        (Auth("X-Scan", "T", "S"), [("X-Scan", "{{$env.T}}")]),
        (Auth("", "", "", "nobody else reaches it"), []),
    ],
)
def test_a_call_says_who_calls_as_the_endpoint_reads_it(auth: Auth, headers: list[tuple[str, str]]) -> None:
    found = desired.request(replace(policy(), auth=auth))["headers"]
    assert [(h["header"], h["value"]) for h in found] == [*headers, ("Content-Type", "application/json")]


def test_fields_go_to_the_first_column_that_there_is_and_the_others_are_left_out() -> None:
    hoped = tuple({"name": "tool_name", "script_path": "executor_ref"}.get(name, name) for name in TOOLS)
    rows = Rows(tools=(*hoped, "tool_type"))
    row = rows.tools[0]
    assert (row["tool_name"], row["tool_type"]) == ("birth-onboarding-full-scan", "scheduled_job")
    assert row["executor_ref"] == policy().endpoint.file
    assert drift(rows.facts()) == []
    without = Rows(tools=tuple(name for name in hoped if name != "code"))
    assert target(without.facts()).rows[-1].table.key == "tool_name"
    assert "tool_type" not in without.tools[0]
    with pytest.raises(CouldNotLook, match="nothing names its rows"):
        drift(facts_without_names(without))


def facts_without_names(rows: Rows) -> Any:
    """The same, in an estate whose tools have none of the columns that could name one."""
    given = rows.facts()
    rows.columns = tuple(c for c in rows.columns if c.name not in ("code", "tool_name", "name"))
    sections = dict(given.observation.sections)
    sections["catalog.columns"] = replace(sections["catalog.columns"], facts=rows.columns)
    return replace(given, observation=replace(given.observation, sections=sections))


def test_without_a_decision_about_callers_nothing_is_compiled() -> None:
    with pytest.raises(Refused, match="auth_decision"):
        check_decided(replace(policy(), auth=None))


# --- what may be written -------------------------------------------------------------------------------------------

# Whatever document 001 lists under DO NOT REMOVE, as it would be written in SQL.
_FORBIDDEN = (
    "birth_registry", "policy.birth_onboarding", "trg_", "fn_b3",
    "drop ", "alter ", "create ", "truncate ", "grant ", "revoke ",
)  # fmt: skip
_CONFIG = st.dictionaries(
    st.sampled_from([ENABLED, CADENCE]), st.sampled_from(["true", "x", "0 0 * * *", "'\\"])
)


@st.composite
def damaged(draw: st.DrawFn) -> Rows:
    """An estate in which each part is there, is gone, or says something else."""
    rows = Rows()
    if draw(st.booleans()):
        rows.flows = []
    elif draw(st.booleans()):
        rows.flows[0][draw(st.sampled_from([1, 2, 4, 5, 7]))] = draw(st.sampled_from([None, "x'", "{}"]))
    rows.operations = [row for row in rows.operations if draw(st.booleans())]
    for row in rows.operations:
        if draw(st.booleans()):
            row[draw(st.sampled_from([1, 2, 3, 7]))] = draw(st.sampled_from(["", "y$verify$", "z"]))
    rows.config = draw(_CONFIG)
    if draw(st.booleans()):
        rows.tools = []
    elif draw(st.booleans()):
        rows.tools[0][draw(st.sampled_from(["owner", "cron_schedule", "tier"]))] = draw(
            st.sampled_from(["", "x'"])
        )
    return rows


@settings(max_examples=150)
@given(damaged())
def test_whatever_the_drift_no_step_writes_what_document_001_says_must_stay(rows: Rows) -> None:
    with_pattern(rows)
    found, kept = target(rows.facts()), stays(rows)
    for step in steps(rows):
        check_kept(step, found, kept)
        for text in (step.deploy, step.verify, step.revert):
            check_plan(text, writable=WRITTEN)
            assert {f"{schema}.{table}" for schema, table, _ in columns_named(text)} <= WRITTEN
            assert [word for word in _FORBIDDEN if word in text.lower()] == []


@pytest.mark.parametrize(
    "key",
    [
        FactKey("rows:birth_config", "policy.birth_onboarding.contract"), FactKey("rows:birth_config"),
        FactKey("rows:dot_tools", "DOT-REG-COUNT"), FactKey("rows:flows", "26c26d9b-1407-5c76-86f5-6bbdb0ebeb9d"),
        FactKey("rows:operations", "7589da62-6331-56e5-a4ad-b6ff71c41841"), FactKey("rows:birth_summaries", "r-1"),
    ],
    ids=str,
)  # fmt: skip
def test_a_step_that_would_write_something_else_is_refused(key: FactKey) -> None:
    rows = with_pattern(Rows().empty())
    found, kept, step = target(rows.facts()), stays(rows), steps(rows)[0]
    check_kept(step, found, kept)
    with pytest.raises(Refused, match=r"would write what (has to stay|is not the scheduler's)"):
        check_kept(replace(step, writes=step.writes | {key}), found, kept)


def taken_over() -> Iterator[tuple[str, Policy]]:
    """Policies that call something the scheduler's which is not."""
    given = policy()
    yield "flow", replace(given, flow=replace(given.flow, id=PATTERN))
    yield (
        "tool",
        replace(given, tool=replace(given.tool, values={**given.tool.values, "code": given.pattern.tool})),
    )
    sibling = min(given.config.siblings)
    yield "sibling", replace(given, config=replace(given.config, enabled=sibling))
    preserved = "iu_core.composer_enabled"
    yield "preserved", replace(given, config=replace(given.config, enabled=preserved))


@pytest.mark.parametrize("changed", [pytest.param(changed, id=name) for name, changed in taken_over()])
def test_what_policy_wrongly_calls_the_scheduler_s_is_written_by_no_step(changed: Policy) -> None:
    """What may be written follows from the same policy, so that alone it would let each of these through."""
    rows = with_pattern(Rows())
    rows.policy = changed
    found, kept = target(rows.facts()), stays(rows)
    crossing = [
        step for step in steps(rows) if step.writes <= writable(found) and any(map(kept.holds, step.writes))
    ]
    assert crossing
    for step in crossing:
        with pytest.raises(Refused, match="would write what has to stay"):
            check_kept(step, found, kept)


def test_an_operation_of_the_pattern_that_bears_an_id_of_ours_is_not_written() -> None:
    rows = with_pattern(Rows())
    rows.operations[0][4] = PATTERN
    found, kept = target(rows.facts()), stays(rows)
    _, change, *_ = steps(rows)
    assert FactKey("rows:operations", rows.operations[0][0]) in change.writes
    with pytest.raises(Refused, match="would write what has to stay"):
        check_kept(change, found, kept)


@pytest.mark.parametrize(
    ("at", "fine"), [("2026-11-21", True), ("2026-11-22", True), ("2026-11-23", False), ("2999-01-01", False)]
)
def test_a_review_on_a_day_to_come_leaves_a_plan_a_proposal(at: str, fine: bool) -> None:
    """Of the day after a person elsewhere may be right."""
    rows = Rows(replace(policy(), cadence=replace(policy().cadence, at=date.fromisoformat(at))))
    assert (proposal(rows.facts()) == "") == fine


def test_what_may_be_written_is_the_remove_list_row_by_row() -> None:
    found = target(Rows().empty().facts())
    flow, *operations = [row[0] for side in (found.want,) for row in (*side.flows, *side.operations)]
    assert writable(found) == {
        FactKey("rows:flows", flow), *(FactKey("rows:operations", name) for name in operations),
        FactKey("rows:birth_config", ENABLED), FactKey("rows:birth_config", CADENCE),
        FactKey("rows:dot_tools", "DOT-BIRTH-SCAN"),
    }  # fmt: skip
