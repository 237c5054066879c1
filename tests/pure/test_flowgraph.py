"""What triggers what in a Directus: loops that people made by accident, and what only looks like one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.core.loops import Edge
from compliance.core.observation import Row
from tests.pure.directus_flows import Estate, call, create, event, only_if, request, update

A, B = "orders", "invoices"


def loops(estate: Estate) -> list[set[str]]:
    """The flows of each loop."""
    found = estate.proof().loops
    return [{node.removeprefix("flow:") for node in loop.nodes if node.startswith("flow:")} for loop in found]


# --- what Directus' own issues tell ------------------------------------------------------------------------------


def test_directus_issue_14086_an_update_that_updates() -> None:
    """'Trigger: update item. Log it. Update item. Step 3 will trigger step 1. Now it never stops.'"""
    steps = (("log", {"message": "x"}), update(A, title="x"))
    assert loops(Estate().flow("f", "event", event(A, scope="items.update"), *steps)) == [{"f"}]


def test_directus_issue_17550_a_flow_that_hears_of_its_own_runs() -> None:
    """Each run is recorded in directus_activity, which is a creation; without a record of its runs it ends."""
    for trail in ("activity", "all"):
        flow = Estate().flow("f", "event", event("directus_activity"), ("log", {}), accountability=trail)
        assert loops(flow) == [{"f"}]
    assert loops(Estate().flow("f", "event", event("directus_activity"), ("log", {}))) == []


# --- loops ---------------------------------------------------------------------------------------------------------

WITHIN = {
    "creates what it hears of": lambda e: e.flow("f", "event", event(A), create(A)),
    "creates through a list of rows": lambda e: e.flow("f", "event", event(A), create(A, payload=[{"a": 1}])),
    "deletes on delete": lambda e: e.flow(
        "f", "event", event(A, scope="items.delete"), ("item-delete", {"collection": A, "emitEvents": True})
    ),
    "emitEvents is a text": lambda e: e.flow("f", "event", event(A), create(A, emitEvents="false")),
    "emitEvents is rendered first": lambda e: e.flow("f", "event", event(A), create(A, emitEvents="{{x}}")),
    "runs before the write": lambda e: e.flow("f", "event", event(A, kind="filter"), create(A)),
    "writes after a failure": lambda e: e.flow("f", "event", event(A), only_if({}), create(A), rejects=True),
    "any collection": lambda e: e.flow("f", "event", event(A), create("{{$trigger.payload.kind}}")),
    "scope of one event": lambda e: e.flow(
        "f", "event", {"type": "action", "scope": ["orders.items.create"]}, create(A)
    ),
    "collections as a text": lambda e: e.flow(
        "f", "event", {"type": "action", "scope": "items.create", "collections": f"{B},{A}"}, create(A)
    ),
    "wildcard": lambda e: e.flow(
        "f", "event", {"type": "action", "scope": ["*.items.create"]}, create(A)
    ),
    "two stars": lambda e: e.flow("f", "event", {"type": "action", "scope": ["**"]}, create(A)),
    "reads and hears of reading": lambda e: e.flow(
        "f", "event", {"type": "action", "scope": ["items.read"]},
        ("item-read", {"collection": A, "emitEvents": True}),
    ),
    "looks for rows to update": lambda e: e.flow(
        "f", "event", {"type": "filter", "scope": ["items.query"]},
        ("item-update", {"collection": A, "payload": {}, "query": {}}),
    ),
    "fails on a failure": lambda e: e.flow(
        "f", "event", {"type": "filter", "scope": ["database.error"]}, create(A, emitEvents=False)
    ),
    "mails about mail": lambda e: e.flow(
        "f", "event", {"type": "filter", "scope": ["email.send"]}, ("mail", {"to": "a@b.c"})
    ),
    "notifies of notifications": lambda e: e.flow(
        "f", "event", event("directus_notifications"), ("notification", {"recipient": "x"})
    ),
    "asks when it is asked": lambda e: e.flow(
        "f", "event", {"type": "action", "scope": ["response"]}, request("GET", "http://directus:8055/items/x")
    ),
    "calls itself": lambda e: e.flow("f", "operation", {}, call("f")),
    "calls whom it is told to": lambda e: e.flow("f", "operation", {}, call("{{$trigger.flow}}")),
    "its own address": lambda e: e.flow(
        "f", "webhook", {"method": "POST"}, request("POST", "https://a.example/flows/trigger/f")
    ),
    "the address of a manual flow": lambda e: e.flow(
        "f", "manual", {"collections": [A]}, request("POST", "{{$env.X}}/flows/trigger/f?a=b")
    ),
    "an address of whoever asks": lambda e: e.flow(
        "f", "webhook", {}, request("GET", "{{$trigger.query.url}}")
    ),
    "a host of whoever asks": lambda e: e.flow(
        "f", "webhook", {}, request("GET", "https://{{$trigger.query.host}}/x")
    ),
    "writes by the API": lambda e: e.flow("f", "event", event(A), request("POST", "{{$env.X}}/items/orders")),
    "by any method": lambda e: e.flow("f", "event", event(A), request("{{m}}", "{{$env.X}}/items/orders/1")),
    "by a name that is encoded": lambda e: e.flow(
        "f", "event", event(A), request("POST", "{{$env.X}}/items/%6frders")
    ),
    "a mail for each mail, by a notification": lambda e: e.flow(
        "f", "event", {"type": "filter", "scope": ["email.send"]}, request("POST", "{{$env.X}}/notifications")
    ),
    "invites who gets a mail": lambda e: e.flow(
        "f", "event", {"type": "filter", "scope": ["email.send"]}, request("POST", "{{$env.X}}/users/invite")
    ),
    "told of what is commented": lambda e: e.flow(
        "f", "event", event("directus_notifications"), request("POST", "{{$env.X}}/comments")
    ),
    "below a path": lambda e: e.flow("f", "event", event(A), request("POST", "https://a/cms/items/orders")),
    "GraphQL": lambda e: e.flow("f", "event", event(A), request("POST", "https://a/graphql")),
    "is recorded by the API": lambda e: e.flow(
        "f", "event", event("directus_activity"), request("POST", "{{$env.X}}/items/orders")
    ),
    "a user for each user": lambda e: e.flow(
        "f", "event", event("directus_users"), request("POST", "https://a/users")
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WITHIN)
def test_a_flow_that_sets_itself_off_is_found(name: str) -> None:
    assert {"f"} in loops(WITHIN[name](Estate()))


def test_a_loop_over_two_flows_names_each_step() -> None:
    estate = Estate().flow("f", "event", event(A), create(B)).flow("g", "event", event(B), create(A))
    (loop,) = estate.proof().loops
    assert str(loop) == (
        "flow:f → ('f', operation f.0) items.create:invoices → (starts 'g') flow:g → ('g', operation g.0) "
        "items.create:orders → (starts 'f') flow:f"
    )


# --- what only looks like one --------------------------------------------------------------------------------------

DONE = {"$trigger": {"payload": {"state": {"_neq": "done"}}}}
UPDATED = event(A, scope="items.update")
APART = {
    "no events": lambda e: e.flow("f", "event", event(A), create(A, emitEvents=False)),
    "nothing said of events": lambda e: e.flow("f", "event", event(A), create(A, emitEvents=None)),
    "another collection": lambda e: e.flow("f", "event", event(A), create(B)),
    "another action": lambda e: e.flow("f", "event", UPDATED, create(A)),
    "inactive": lambda e: e.flow("f", "event", event(A), create(A), status="inactive"),
    "no collections": lambda e: e.flow("f", "event", event(), create(A)),
    "collections are missing": lambda e: e.flow(
        "f", "event", {"type": "action", "scope": ["items.create"]}, create(A)
    ),
    "no type": lambda e: e.flow("f", "event", {"scope": ["items.create"], "collections": [A]}, create(A)),
    "options that are no object": lambda e: e.flow("f", "event", [1], create(A)),
    "a star is one part": lambda e: e.flow("f", "event", {"type": "action", "scope": ["orders.*"]}, create(A)),
    "calls a flow that no operation can call": lambda e: e.flow("f", "event", event(A), call("f")),
    "the method of another": lambda e: e.flow(
        "f", "webhook", {"method": "POST"}, request("GET", "{{$env.X}}/flows/trigger/f")
    ),
    "asks who gets a mail": lambda e: e.flow(
        "f", "event", {"type": "filter", "scope": ["email.send"]}, request("GET", "{{$env.X}}/notifications")
    ),
    "only reads by the API": lambda e: e.flow("f", "event", event(A), request("GET", "{{$env.X}}/items/orders")),
    "an end that is sure": lambda e: e.flow("f", "event", UPDATED, only_if(DONE), update(A, state="done")),
    "an end after a log": lambda e: e.flow(
        "f", "event", UPDATED, ("log", {}), only_if(DONE), update(A, state="done")
    ),
    "a number that is not another": lambda e: e.flow(
        "f", "event", UPDATED, only_if({"$trigger": {"payload": {"n": {"_eq": 1}}}}), update(A, n=2)
    ),
    "another event of the same flow": lambda e: e.flow(
        "f", "event", event(A), only_if({"$trigger": {"event": {"_eq": "orders.items.update"}}}), create(A)
    ),
    "an error that is thrown": lambda e: e.flow("f", "event", event(A), ("throw-error", {}), create(A)),
    "a filter that refuses": lambda e: e.flow("f", "event", UPDATED, update(A, state="x")).flow(
        "g", "event", event(A, scope="items.update", kind="filter"),
        only_if({"$trigger": {"payload": {"state": {"_in": ["a", "b"]}}}}), ("log", {}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", APART)
def test_what_only_looks_like_a_loop_is_none(name: str) -> None:
    assert loops(APART[name](Estate())) == []


STAYS = {
    "what is sent is not known": lambda e: e.flow("f", "event", UPDATED, only_if(DONE), update(A, state="{{x}}")),
    "the field is not sent": lambda e: e.flow("f", "event", UPDATED, only_if(DONE), update(A, other="done")),
    "what is sent passes": lambda e: e.flow("f", "event", UPDATED, only_if(DONE), update(A, state="open")),
    "a condition that nobody can decide": lambda e: e.flow(
        "f", "event", UPDATED, only_if({"read": {"state": {"_neq": "done"}}}), update(A, state="done")
    ),
    "what is sent may be changed before": lambda e: e.flow(
        "f", "event", UPDATED, only_if(DONE), update(A, state="done")
    ).flow("g", "event", event(A, scope="items.update", kind="filter", **{"return": "$last"}), ("transform", {})),
    "what is sent may be changed by who hears of it by another name": lambda e: e.flow(
        "f", "event", UPDATED, only_if(DONE), update(A, state="done")
    ).flow("g", "event", {"type": "filter", "scope": ["*.items.update"], "return": "$last"}, ("transform", {})),
    "rows are updated one by one": lambda e: e.flow(
        "f", "event", UPDATED, only_if(DONE), ("item-update", {"collection": A, "payload": [{"state": "done"}],
                                                              "emitEvents": True}),
    ),
    "the filter does not refuse all of it": lambda e: e.flow("f", "event", UPDATED, update(A, state="a")).flow(
        "g", "event", event(A, scope="items.update", kind="filter"),
        only_if({"$trigger": {"payload": {"state": {"_in": ["a", "b"]}}}}), ("log", {}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STAYS)
def test_an_edge_that_is_not_disproved_stays(name: str) -> None:
    assert {"f"} in loops(STAYS[name](Estate()))


def test_a_result_in_the_place_of_the_trigger_is_what_a_condition_asks() -> None:
    estate = Estate().flow("f", "event", UPDATED, ("transform", {}), only_if(DONE), update(A, state="done"))
    assert loops(estate) == []
    first = estate.operations[0].values
    estate.operations[0] = Row((*first[:2], "$trigger", *first[3:]))
    assert loops(estate) == [{"f"}]


AT_ITSELF = {
    "a path that is told when it runs": (event(A), "http://directus:8055/{{$trigger.payload.path}}"),
    "an answer": ({"type": "action", "scope": ["response"]}, "http://directus:8055/server/ping"),
    "capital letters": (event(A), "HTTP://Directus:8055/items/orders"),
    "a user": (event(A), "http://a:b@directus:8055/items/orders"),
}


@pytest.mark.parametrize("name", AT_ITSELF)
def test_a_request_to_its_own_address_is_known_by_it(name: str) -> None:
    begins, url = AT_ITSELF[name]
    estate = Estate().flow("f", "event", begins, request("POST", url))
    assert estate.proof(addresses=("http://directus:8055",)).loops
    assert estate.proof(addresses=("http://elsewhere:8055",)).holds


def test_the_usual_port_of_an_address_need_not_be_written() -> None:
    estate = Estate().flow("f", "event", event(A), request("POST", "https://a.example:443/items/orders"))
    assert estate.proof(addresses=("https://a.example",)).loops
    assert estate.proof(addresses=("http://a.example",)).holds


@pytest.mark.parametrize(
    "begins", [{"type": "action", "scope": ["*.items.create"]}, event("directus_activity")]
)
def test_what_another_system_causes_is_heard_under_each_name_and_recorded(begins: Any) -> None:
    sends = request("POST", "http://documents/documents")
    estate = Estate().flow("f", "event", begins, sends)
    there = Edge("request:POST http://documents/documents [f.0]", "documents:x", "the service")
    assert estate.proof(there).holds
    assert estate.proof(there, Edge("documents:x", "items.create:notes", "comes back")).loops


# --- what a proof rests on -----------------------------------------------------------------------------------------


def assumed(estate: Estate, **more: Any) -> tuple[str, ...]:
    proof = estate.proof(**more)
    assert proof.holds
    return proof.assumptions


def test_each_thing_that_cannot_be_looked_into_is_named_once_and_only_where_it_matters() -> None:
    url = "{{$env.WEB_URL}}/api/refresh"
    heard = Estate().flow(
        "f", "event", event(A), request("POST", url), ("exec", {"code": "…"}), ("sms-send", {})
    )
    assert assumed(heard) == (
        "a script of exec has no way out of its isolate",
        "operations of type sms-send trigger nothing in Directus",
        "what answers POST {{$env.WEB_URL}}/api/refresh does not write to Directus",
    )
    assert assumed(Estate().flow("f", "schedule", {"cron": "* * * * *"}, request("POST", url))) == ()


def test_rows_that_a_payload_may_hold_of_other_collections_are_assumed_away_by_name() -> None:
    estate = Estate().flow("f", "event", event(A), create(B, payload={"lines": [{"n": 1}]}))
    assert assumed(estate) == ("the payload of operation f.0 of 'f' holds no related rows",)
    assert assumed(Estate().flow("f", "event", event(A), create(B, payload={"n": 1, "t": "a {{b}}"}))) == ()


def test_flows_that_a_flow_writes_are_assumed_away_by_name() -> None:
    estate = Estate().flow("f", "event", event(A), create("directus_flows"))
    assert assumed(estate) == ("the flows that operation f.0 of 'f' makes or changes lead back to nothing",)


def test_a_condition_that_ends_a_loop_rests_on_nobody_changing_what_is_written() -> None:
    estate = Estate().flow("f", "event", UPDATED, only_if(DONE), update(A, state="done"))
    assert assumed(estate) == ("no extension changes what is written on items.update:orders",)


def test_where_directus_answers_is_assumed_only_if_it_is_declared() -> None:
    estate = Estate().flow("f", "event", event(A), request("POST", "https://shop.example/items/orders"))
    assert not estate.proof().holds
    assert assumed(estate, addresses=("$env.DIRECTUS", "http://directus:8055")) == (
        "this Directus answers at $env.DIRECTUS, http://directus:8055 and not at https://shop.example",
    )


def test_a_request_that_another_system_knows_is_left_to_it() -> None:
    estate = Estate().flow("f", "event", event(A), request("POST", "{{$env.X}}/documents"))
    node = "request:POST {{$env.X}}/documents [f.0]"
    back = [Edge(node, "documents:x", "writes"), Edge("documents:x", f"items.create:{A}", "comes back")]
    assert [loop.nodes[0] for loop in estate.proof(*back).loops] == ["documents:x"]
    assert estate.proof(back[0]).assumptions == ()


NAMES = [
    "scope",
    "type",
    "collections",
    "collection",
    "payload",
    "flow",
    "url",
    "method",
    "filter",
    "emitEvents",
    "_and",
]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from([A, "items.create", "event"])
)
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*NAMES, "$trigger"]), inner, max_size=4)
    ),
)


@given(ANY_JSON)
def test_any_json_in_options_gives_edges_and_no_traceback(options: Any) -> None:
    estate = Estate()
    for number, trigger in enumerate(("event", "schedule", "operation", "webhook", "manual", "nothing")):
        kinds = (
            "item-create",
            "item-update",
            "item-read",
            "item-delete",
            "trigger",
            "request",
            "condition",
            "mail",
            "x",
        )
        estate.flow(f"f{number}", trigger, options, *((kind, options) for kind in kinds), accountability="all")
    estate.proof()
