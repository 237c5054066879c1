"""Flows whose operations do not hang together. Directus builds every active flow when it loads, and one whose chain it
cannot build keeps all others from being loaded, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.finding import Finding, Judgement
from compliance.systems.registry_sync.analysis import analysis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.flows import Flow, Flows, Operation, Step
    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.analysis import Analysis

BUILT_IN = frozenset(
    {
        "condition", "exec", "item-create", "item-delete", "item-read", "item-update", "json-web-token", "log", "mail",
        "notification", "request", "sleep", "throw-error", "transform", "trigger",
    }
)  # fmt: skip
_TAKEN = frozenset({"$trigger", "$last", "$env", "$accountability"})


def begins_with_its_own(facts: Facts) -> Iterator[Judgement]:
    """The first operation is there and is the flow's own: Directus looks for it among these alone."""
    found = analysis(facts)
    for flow in found.active:
        if flow.root is None:
            yield Finding(found.subject(flow.id), "has no first operation: it runs and does nothing", "root")
        elif found.flows.within(flow.id, flow.root) is None:
            yield Finding(
                found.subject(flow.id), f"begins with {_elsewhere(found.flows, flow.root)}: it runs and does nothing",
                "root",
            )  # fmt: skip


def runs_forward(facts: Facts) -> Iterator[Judgement]:
    """No operation is reached twice. A way back never ends while Directus builds it, and no flow is loaded at all."""
    found = analysis(facts)
    for flow in found.active:
        steps = {step.operation.id: step for step in found.flows.chain(flow)}
        for step in steps.values():
            for via, target in _links(step.operation):
                other = steps.get(target)
                if other is None or (other.before, other.via) == (step.operation.id, via):
                    continue
                back = other is step or other.leads_to(step)
                yield Finding(
                    found.subject(flow.id), _again(steps, step, via, other, back), f"{_key(step)}-{via}"
                )


def every_operation_is_reached(facts: Facts) -> Iterator[Judgement]:
    """An operation that nothing leads to never runs; somebody thinks it does."""
    found = analysis(facts)
    for flow in found.active:
        reached = {step.operation.id for step in found.flows.chain(flow)}
        for operation in found.flows.of(flow.id):
            if operation.id not in reached:
                yield Finding(
                    found.subject(flow.id), f"{_named(operation)}: nothing leads to it", operation.key or operation.id
                )  # fmt: skip


def links_lead_somewhere(facts: Facts) -> Iterator[Judgement]:
    """What follows a success or a failure is an operation of the same flow; else no flow is loaded at all."""
    found = analysis(facts)
    for flow, step in found.steps():
        for via, target in _links(step.operation):
            if found.flows.within(flow.id, target) is None:
                where = _elsewhere(found.flows, target)
                yield Finding(
                    found.subject(flow.id),
                    f"{_named(step.operation)}: {via} leads to {where}; no flow is loaded then",
                    f"{_key(step)}-{via}",
                )


def types_are_known(facts: Facts) -> Iterator[Judgement]:
    """A type that Directus does not have ends the flow with a line in its log."""
    found, known = analysis(facts), BUILT_IN.union(facts.policy.known_operations)
    unknown = found.types - known
    for flow, step in found.steps() if unknown else ():
        if step.operation.type in unknown:
            yield Finding(
                found.subject(flow.id),
                f"{_named(step.operation)}: there is no operation of type '{step.operation.type}'",
                _key(step),
            )


def keys_are_distinct(facts: Facts) -> Iterator[Judgement]:
    """Results are kept by key: of two with one key the first is lost, and `$last` is Directus' own."""
    found = analysis(facts)
    for flow in found.active:
        seen: set[str] = set()
        for step in found.flows.chain(flow):
            key = step.operation.key
            if key in seen or key in _TAKEN or not key:
                why = (
                    "has no key"
                    if not key
                    else "its key is taken"
                    if key in seen
                    else "its key is Directus' own"
                )
                yield Finding(
                    found.subject(flow.id), f"{_named(step.operation)}: {why}", key or step.operation.id
                )
            seen.add(key)


def calls_are_answered(facts: Facts) -> Iterator[Judgement]:
    """What a `trigger` operation names is an active flow that waits to be called; else it succeeds and does nothing."""
    found = analysis(facts)
    for flow, step in found.of_type("trigger"):
        if wrong := _unanswered(found, step.operation):
            yield Finding(found.subject(flow.id), f"{_named(step.operation)}: {wrong}", _key(step))


def nothing_is_executed(facts: Facts) -> Iterator[Judgement]:
    """No `exec` where registries are synchronised: document 000 builds on operations that can be read."""
    found = analysis(facts)
    for flow, step in found.of_type("exec"):
        if governed(facts, found, flow):
            yield Finding(found.subject(flow.id), f"{_named(step.operation)}: runs a script", _key(step))


def governed(facts: Facts, found: Analysis, flow: Flow) -> bool:
    """Is it declared, or does it run after a change of a collection that is synchronised?"""
    return flow.name in facts.policy.flows or any(
        context.origin.event is not None and context.origin.event.of in facts.policy.collections
        for context in found.contexts.get(flow.id, ())
    )


def _unanswered(found: Analysis, operation: Operation) -> str | None:
    name = operation.option("flow")
    if isinstance(name, str) and "{{" in name:
        return None  # which flow that is only a run can tell
    if not isinstance(name, str) or not name:
        return "names no flow to call"
    called = found.flows.flows.get(name)
    if called is None:
        return f"calls a flow that is not there ({name})"
    if called.trigger != "operation":
        return f"calls '{found.subject(called.id)}', which waits for a {called.trigger or 'nothing'}, not to be called"
    return None if called.status == "active" else f"calls '{found.subject(called.id)}', which is not active"


def _links(operation: Operation) -> Iterator[tuple[str, str]]:
    if operation.resolve is not None:
        yield "resolve", operation.resolve
    if operation.reject is not None:
        yield "reject", operation.reject


def _again(steps: dict[str, Step], step: Step, via: str, other: Step, back: bool) -> str:
    head = f"{_named(step.operation)}: {via} leads to {_named(other.operation)}, which "
    if back:
        return head + ("is itself" if other is step else "leads to it") + "; no flow is loaded then"
    first = _named(steps[other.before].operation) if other.before else "the flow"
    return head + f"{first} leads to as well"


def _elsewhere(flows: Flows, target: str) -> str:
    operation = flows.operations.get(target)
    if operation is None:
        return f"an operation that is not there ({target})"
    other = flows.flows.get(operation.flow)
    return f"an operation of another flow ({other.name if other else operation.flow})"


def _key(step: Step) -> str:
    return step.operation.key or step.operation.id


def _named(operation: Operation) -> str:
    return f"operation {operation.key or operation.id}"
