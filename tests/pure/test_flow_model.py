"""Rows of flows as values; templates, schedules and conditions as Directus 11.17.4 itself judges them."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from compliance.core.contexts import Context, Origin
from compliance.core.cron import accepted_by_directus
from compliance.core.deciding import decided
from compliance.core.flows import flows_of, frozen
from compliance.core.observation import Row
from compliance.core.symbols import Object, Symbol, descend, elements, flat
from compliance.core.template import Malformed, Variable, parse, whole
from tests.pure.flowrows import Op, World

if TYPE_CHECKING:
    from compliance.core.flows import Flows

RECORDED = json.loads((Path(__file__).parent.parent / "vectors" / "directus.json").read_text(encoding="utf-8"))


def flows(world: World) -> Flows:
    return flows_of(*([Row(tuple(row.values())) for row in rows] for rows in (world.flows, world.operations)))


def test_what_was_recorded_is_of_the_pinned_directus() -> None:
    assert RECORDED["directus"] == "11.17.4"


@pytest.mark.parametrize(("text", "fires"), RECORDED["crons"], ids=range(len(RECORDED["crons"])))
def test_a_schedule_is_accepted_exactly_where_directus_fires_it(text: str, fires: bool) -> None:
    assert (accepted_by_directus(text) is None) == fires


@pytest.mark.parametrize("text", [None, 5, True, [], {}, ["0 0 * * *"], 1.5])
def test_a_schedule_that_is_no_text_is_refused(text: Any) -> None:
    assert accepted_by_directus(text) == "no text"


def _symbolic(value: Any) -> Any:
    """The recorded data, in the shape that contexts hold."""
    if isinstance(value, dict):
        return Object(tuple((name, _symbolic(item)) for name, item in value.items()))
    return tuple(map(_symbolic, value)) if isinstance(value, list) else value


class _Recorded(Context):
    """A context that knows the recorded data instead of what runs would give."""

    def value(self, _step: Any, variable: Variable) -> Any:
        found = _symbolic(RECORDED["scope"])
        for name in variable.path:
            found = descend(found, name)
        return found


@pytest.mark.parametrize(("text", "gives"), RECORDED["templates"], ids=range(len(RECORDED["templates"])))
def test_a_template_gives_what_directus_renders(text: str, gives: dict[str, Any]) -> None:
    rejects = any(isinstance(part, Malformed) for part in parse(text))
    assert rejects == ("rejects" in gives)
    if rejects:
        return
    some = flows(World().on("create", Op("log", "log")))
    flow = some.flows["F"]
    context = _Recorded(some, flow, None, Origin("F", None))
    found = context.render(context.steps[0], text)
    if whole(text) and not (isinstance(found, Symbol) and found.kind == "undefined"):
        assert found == _symbolic(gives["gives"])
    elif "object as text" not in str(flat(found)):
        assert "".join(map(str, flat(found))) == str(gives["gives"])


@pytest.mark.parametrize(("condition", "resolves"), RECORDED["filters"], ids=range(len(RECORDED["filters"])))
def test_a_condition_that_is_decided_is_decided_as_directus_does(condition: Any, resolves: Any) -> None:
    def value(path: tuple[str | int, ...]) -> Any:
        found = _symbolic(RECORDED["scope"])
        for name in path:
            found = descend(found, name)
        return found

    found = decided(frozen(condition), value)
    assert found in (None, resolves)


def _beyond_the_first(event: Symbol, path: tuple[str | int, ...]) -> Any:
    return descend(event, path[1])


def test_the_conditions_that_tell_create_from_update_are_decided() -> None:
    create, update = Symbol("event", "orders", "create"), Symbol("event", "orders", "update")
    for event, key in ((create, True), (update, False)):
        follow = partial(_beyond_the_first, event)
        assert decided({"$trigger": {"key": {"_nnull": True}}}, follow) is key
        assert decided({"$trigger": {"keys": {"_nnull": True}}}, follow) is not key


def test_a_chain_follows_success_before_failure_and_says_who_comes_before_whom() -> None:
    world = World().on(
        "create", Op("a", "log", {}, "b", "d"), Op("b", "log", {}, "c"), Op("c", "log"), Op("d", "log", {}, "e"),
        Op("e", "log"), Op("alone", "log"),
    )  # fmt: skip
    chain = flows(world).chain(flows(world).flows["F"])
    assert [step.operation.key for step in chain] == ["a", "b", "c", "d", "e"]
    assert [step.via for step in chain] == ["root", "resolve", "resolve", "reject", "resolve"]
    steps = {step.operation.key: step for step in chain}
    assert steps["a"].leads_to(steps["e"])
    assert steps["d"].leads_to(steps["e"])
    assert not steps["b"].leads_to(steps["d"])
    assert [chain[step.place].operation.id if step.place >= 0 else None for step in chain] == [
        s.before for s in chain
    ]


def test_a_chain_ends_where_it_would_begin_again() -> None:
    world = World().on("create", Op("a", "log", {}, "b"), Op("b", "log", {}, "a", "b"))
    assert len(flows(world).chain(flows(world).flows["F"])) == 2


def test_a_chain_of_thousands_is_followed() -> None:
    links = [Op(f"k{i}", "log", {}, f"k{i + 1}") for i in range(5000)]
    world = World().on("create", *links, Op("k5000", "log"))
    assert len(flows(world).chain(flows(world).flows["F"])) == 5001


def test_options_that_are_kept_as_text_are_read() -> None:
    world = World().on("create", Op("a", "log", '{"message": ["x"]}'))
    assert flows(world).operations["F/a"].options == {"message": ("x",)}


@pytest.mark.parametrize("options", [None, 1, "text", "{", [], [[1]], True, "[[[["])
def test_options_that_are_no_object_are_a_value(options: Any) -> None:
    found = flows(World().on("create", Op("a", "log", options)))
    assert found.operations["F/a"].option("message") is None


def test_options_of_any_depth_are_a_value() -> None:
    deep: Any = "x"
    for _ in range(20_000):
        deep = [deep]
    found = frozen({"a": deep})
    for _ in range(20_000):
        found = found[0] if isinstance(found, tuple) else found["a"]
    assert found == ("x",)


def test_what_holds_no_list_stays_the_same_object() -> None:
    options = {"a": ({"b": (1, "x")},), "c": {"d": None}}
    assert frozen(options) is options


def test_a_list_calls_a_flow_once_for_each_element() -> None:
    assert elements(Symbol("keys", "orders")) == (Symbol("key", "orders"),)
    assert elements((1, 2, 1)) == (1, 2)
    assert elements("text") == ("text",)
