"""Rows that are made to be seen: document 000, 'Sync Tests' and 'Anti-Loop Test'. What flows do, not what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.finding import Finding, Judgement, NotApplicable, Unseen
from compliance.core.flows import Flow, Flows, flows_of
from compliance.core.marking import KEY, Marked, Marking
from compliance.systems.registry_sync.naming import filled, variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.policy import Collection, Policy

_AGAIN = "`compliance exercise registry_sync`"
_PHASES = {
    "arrived": "arrived under the id that policy says, of",
    "changed": "changed with their rows, of",
}


def marking(facts: Facts) -> Marking:
    """What is made, and bound to the flows that are there: what these did says nothing of others."""
    policy: Policy = facts.policy
    flows = _flows(facts)
    return Marking(
        tuple(
            _marked(policy, flows, collection)
            for collection in policy.collections.values()
            if collection.marker
        ),
        policy.exercise.many,
        policy.exercise.seconds,
        policy.service.reverse.collection,
        min(policy.service.reverse.prefixes, default=None),
    )


def exercised_as_declared(facts: Facts) -> Iterator[Judgement]:
    """Of the rows that were made each document arrived, changed and went, and nothing of them was sent back."""
    seen = {fact.name: fact for fact in facts.read("exercised:registry_sync")}
    flows, policy = _flows(facts), facts.policy
    for collection in policy.collections.values():
        fact = seen.get(collection.name)
        if collection.marker is None:
            yield NotApplicable(collection.name, "policy gives no marker, so that no row is made there")
        elif fact is None or fact.call != _marked(policy, flows, collection).version:
            yield NotApplicable(
                collection.name, f"nothing was seen of flows and policy as they are now: {_AGAIN}"
            )
        elif fact.error:
            yield Finding(collection.name, f"no row could be made and changed there: {fact.error}", "error")
        else:
            yield from _judged(collection.name, dict(fact.answer))


def _judged(name: str, said: Mapping[str, Any]) -> Iterator[Judgement]:
    for phase, told in _PHASES.items():
        if said[phase] != said["rows"]:
            yield Finding(name, f"{said[phase]} document(s) {told} {said['rows']}", phase)
    if said["left"]:
        yield Finding(name, f"{said['left']} document(s) stayed when their rows were gone", "left")
    if said["returned"]:
        yield Finding(
            name, f"{said['returned']} attempt(s) to send their documents back to Directus", "returned"
        )
    elif said["control"] is False:
        yield Unseen(
            name,
            "a document that has to be sent back to Directus was not, so that none of these being sent says nothing",
        )


def _flows(facts: Facts) -> Flows:
    return flows_of(facts.read("rows:flows"), facts.read("rows:operations"))


def _marked(policy: Policy, flows: Flows, collection: Collection) -> Marked:
    former = [column for template in collection.former for column in variables(template)]
    changed = dict.fromkeys([collection.title, *former])
    changed.pop(collection.key, None)
    marked = Marked(
        collection.name,
        collection.key,
        filled(collection.document, {collection.key: KEY}),
        collection.title,
        collection.fields,
        collection.marker or {},
        tuple(changed),
        "",
    )
    ran = [_content(flows, flow) for flow in _meeting(flows, collection.name)]
    what = [marked._asdict(), policy.exercise.many, policy.service.reverse.prefixes, ran]
    return marked._replace(version=canonical.digest(canonical.dumps(what)))


def _meeting(flows: Flows, collection: str) -> list[Flow]:
    """The active flows that hear of its rows, and those that these call, in the order of their ids."""
    found = {flow.id for flow in flows.flows.values() if _hears(flow, collection)}
    waiting = list(found)
    while waiting:
        for operation in flows.of(waiting.pop()):
            called = operation.option("flow") if operation.type == "trigger" else None
            if isinstance(called, str) and called in flows.flows and called not in found:
                found.add(called)
                waiting.append(called)
    return [flows.flows[name] for name in sorted(found)]


def _hears(flow: Flow, collection: str) -> bool:
    """Where none is named, any may be meant."""
    named = flow.listed("collections")
    return flow.status == "active" and flow.trigger == "event" and (not named or collection in named)


def _content(flows: Flows, flow: Flow) -> list[Any]:
    """All that does something: neither a description nor where an operation is drawn."""
    parts = sorted(
        (o.id, o.key, o.type, o.resolve or "", o.reject or "", canonical.dumps(o.options).decode())
        for o in flows.of(flow.id)
    )
    return [
        flow.id,
        flow.status,
        flow.trigger,
        flow.root,
        canonical.dumps(flow.options).decode(),
        parts,
    ]
