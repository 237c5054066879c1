"""Any JSON in `options`, any text in any column: a judgement or could not look, and never an exception.

A recorded observation gives lists where a live one gives tuples: both are judged alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.core.errors import CouldNotLook
from compliance.core.finding import Finding, NotApplicable, Unseen
from compliance.core.flows import OPERATION_COLUMNS, flows_of
from compliance.core.observation import Row
from compliance.core.template import Malformed, Variable, parse
from tests.pure.flowrows import RULES, Op, World, jsons, policy

if TYPE_CHECKING:
    from compliance.core.finding import Judgement
    from compliance.systems.protocol import Facts, Rule

IDS = ["f1", "f2", "f3", "o1", "o2", "o3", "o4"]
PIECES = [
    "{{$trigger.key}}", "{{$trigger.keys[0]}}", "{{$trigger.keys}}", "{{$trigger}}", "{{$last}}", "{{$last.id}}",
    "{{$env.AGENT_DATA_URL}}", "{{$env.X}}", "{{o1.id}}", "{{o2[0].a}}", "{{$accountability.user}}", "{{", "}}", "{{}}",
    "/documents/", "a/b", "?token=abc", "http://", "localhost", "user:word@", "[::1]", "[", "127.1", ":99999", "%",
    "é\0", "<secret bearer length=9 hash=none>", '{"id": 1}', '{"document_id": "{{$trigger.key}}"}', "keys[0]", "",
]  # fmt: skip
NAMES = [
    "url", "method", "headers", "header", "value", "body", "document_id", "collection", "collections", "key", "payload",
    "flow", "scope", "type", "cron", "filter", "query", "fields", "json", "code", "token", "message", "_and", "_nnull",
    "$trigger",
]  # fmt: skip
WORDS = [
    "POST", "DELETE", "items.create", "items.update", "items.delete", "action", "filter", "workflows", "orders", "*",
    "0 */6 * * *", "X-API-Key", "system_issues", "https://example.com", *IDS,
]  # fmt: skip

texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=4).map("".join), st.sampled_from(WORDS), st.text(max_size=12)
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=4)), inner, max_size=5),
    ),
    max_leaves=20,
)
told = st.dictionaries(st.sampled_from(NAMES), anything, max_size=8)
identities = st.one_of(st.none(), st.sampled_from(IDS), st.text(max_size=4))
TRIGGERS = ["event", "schedule", "operation", "webhook", "manual", "", None]
TYPES = [
    "request",
    "trigger",
    "item-read",
    "item-create",
    "condition",
    "transform",
    "exec",
    "log",
    "throw-error",
    "x",
]
events = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["action", "filter"]),
        "scope": st.lists(
            st.sampled_from(["items.create", "items.update", "items.delete"]), min_size=1, max_size=2
        ),
        "collections": st.lists(
            st.sampled_from(["workflows", "orders", "table_registry"]), min_size=1, max_size=2
        ),
    }
)
flow_rows = st.fixed_dictionaries(
    {
        "id": identities,
        "name": st.one_of(st.none(), st.sampled_from(sorted(policy().flows)[:3]), st.text(max_size=6)),
        "status": st.sampled_from(["active", "active", "active", "inactive", "", None, "odd"]),
        "trigger": st.one_of(st.sampled_from(TRIGGERS), st.text(max_size=5)), "accountability": scalars,
        "options": st.one_of(events, anything, told), "operation": identities, "description": scalars,
    }
)  # fmt: skip
operation_rows = st.fixed_dictionaries(
    {
        "id": identities, "name": scalars,
        "key": st.one_of(st.sampled_from(["o1", "o2", "o3", "$last"]), st.text(max_size=4)),
        "type": st.one_of(st.sampled_from(TYPES), st.none(), st.text(max_size=5)), "flow": identities,
        "resolve": identities, "reject": identities, "options": st.one_of(told, anything), "position_x": scalars,
        "position_y": scalars,
    }
)  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> World:
    world = World()
    world.flows = draw(st.lists(flow_rows, max_size=4))
    world.operations = draw(st.lists(operation_rows, max_size=8))
    world.compose = draw(st.one_of(st.just(world.compose), st.none(), texts))
    world.revisions = [
        (
            str(row["id"]),
            draw(st.sampled_from(["directus_flows", "directus_operations"])),
            draw(st.one_of(anything, st.just(row))),
        )
        for row in (*world.flows, *world.operations)
    ]
    return world


def judged(rule: Rule, facts: Facts) -> list[Judgement] | str:
    try:
        return list(rule(facts))
    except CouldNotLook as error:
        return error.message


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(worlds())
def test_rows_of_any_kind_are_judged_and_judged_alike_when_recorded(world: World) -> None:
    live, recorded = world.facts(), world.facts(recorded=True)
    for rule in RULES.values():
        found = judged(rule, live)
        assert isinstance(found, str) or all(isinstance(j, (Finding, Unseen, NotApplicable)) for j in found)
        assert found == judged(rule, recorded)


@pytest.mark.prove
@settings(max_examples=3000, suppress_health_check=list(HealthCheck))
@given(worlds())
def test_thousands_of_rows_of_any_kind_are_judged_and_judged_alike_when_recorded(world: World) -> None:
    live, recorded = world.facts(), world.facts(recorded=True)
    for rule in RULES.values():
        assert judged(rule, live) == judged(rule, recorded)


@settings(max_examples=300)
@given(st.one_of(texts, st.text()))
def test_any_text_is_a_template(text: str) -> None:
    parts = parse(text)
    assert all(isinstance(part, (str, Variable, Malformed)) for part in parts)
    assert "{{" in text or parts in ((), (text,))


@settings(max_examples=100)
@given(st.lists(operation_rows, max_size=8))
def test_a_chain_holds_each_operation_of_its_flow_at_most_once(rows: list[dict[str, Any]]) -> None:
    flow = Row(("f1", "F", "active", "event", None, {}, "o1", None))
    found = flows_of([flow], [Row(tuple(row[c] for c in OPERATION_COLUMNS)) for row in rows])
    chain = found.chain(found.flows["f1"])
    assert len({step.operation.id for step in chain}) == len(chain)
    assert all(step.operation.flow == "f1" for step in chain)
    assert [step.enter for step in chain] == list(range(len(chain)))


def test_options_deeper_than_python_calls_are_judged() -> None:
    deep: Any = "{{$trigger.keys[0]}}"
    for _ in range(1000):
        deep = [{"a": deep}]
    world = World().on("update", *_every_type(deep))
    world.revisions = []
    facts = world.facts()
    for rule in RULES.values():
        assert all(isinstance(j, (Finding, Unseen, NotApplicable)) for j in rule(facts))


def _every_type(options: Any) -> list[Any]:
    told_ = dict.fromkeys(NAMES, options)
    types = [kind for kind in TYPES if kind != "x"]
    return [
        Op(f"k{i}", kind, told_ if i % 2 else options, f"k{i + 1}" if i + 1 < len(types) else None)
        for i, kind in enumerate(types)
    ]


def test_a_flow_that_hands_more_to_itself_each_time_comes_to_an_end() -> None:
    grows = {"a": "{{$trigger}}", "b": ["{{$trigger}}", "{{$trigger}}"], "c": "x{{$trigger}}y{{$trigger}}"}
    world = World().called("H", Op("again", "trigger", {"flow": "H", "payload": grows}))
    world.on("update", Op("begin", "trigger", {"flow": "H", "payload": "{{$trigger.keys}}"}))
    world.on("create", Op("begin", "trigger", {"flow": "H", "payload": "x{{$trigger.key}}"}), name="G")
    facts = world.facts()
    for rule in RULES.values():
        assert all(isinstance(j, (Finding, Unseen, NotApplicable)) for j in rule(facts))


def test_what_is_recorded_is_what_was_seen() -> None:
    world = World.conforming()
    assert jsons(world.flows) == world.flows
    for rule in RULES.values():
        assert judged(rule, world.facts()) == judged(rule, world.facts(recorded=True)) == []
