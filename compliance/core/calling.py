"""In which circumstances each flow runs: at each event that it listens to, and at each thing that a caller hands over.

Only what is active is followed: nothing else runs.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.contexts import Context, Origin
from compliance.core.symbols import (
    Object,
    Symbol,
    Text,
    Value,
    absent,
    elements,
    events_of,
    handed_over,
    unknown,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.flows import Flows, Step

# A flow that calls itself may hand over something else each time. Beyond so many contexts, or parts of a value, it is
# not known what.
_MOST, _LARGEST = 1000, 500


# Of a flow that nobody calls, or that listens to nothing.
NEVER = Origin("", None)


class Call(NamedTuple):
    """A `trigger` operation: the flow that it names, and what it hands over; None where that is not one name."""

    context: Context
    step: Step
    flow: str | None
    payload: Value


def contexts_of(flows: Flows) -> dict[str, tuple[Context, ...]]:
    """The contexts of every active flow. One that nothing begins has one, with nothing known."""
    found: dict[str, dict[Any, Context]] = {}
    waiting: deque[Context] = deque()
    for flow in flows.flows.values():
        if flow.status == "active":
            events = events_of(flow)
            for value in events if flow.trigger == "event" else handed_over(flow):
                origin = Origin(flow.id, value if value in events else None)
                _add(found, waiting, Context(flows, flow, value, origin))
    while waiting:
        for call in calls(waiting.popleft()):
            called = flows.flows.get(call.flow) if call.flow is not None else None
            if called is not None and called.trigger == "operation" and called.status == "active":
                for value in elements(call.payload):
                    _add(found, waiting, Context(flows, called, value, call.context.origin))
    for flow in flows.flows.values():
        if flow.status == "active" and flow.id not in found:
            alone = Context(flows, flow, unknown("nothing begins this flow"), NEVER)
            found[flow.id] = {None: alone}
    return {flow: tuple(by.values()) for flow, by in found.items()}


def calls(context: Context) -> Iterator[Call]:
    """What a flow calls in this context."""
    for step in context.steps:
        operation = step.operation
        if operation.type == "trigger" and context.live(step):
            name = operation.option("flow")
            payload = context.parsed(step, operation.option("payload"))
            handed = Symbol("null", "nothing is handed over") if absent(payload) else payload
            yield Call(context, step, name if isinstance(name, str) and "{{" not in name else None, handed)


def _add(found: dict[str, dict[Any, Context]], waiting: deque[Context], context: Context) -> None:
    known = found.setdefault(context.flow.id, {})
    if len(known) >= _MOST:
        context.trigger, context.origin = unknown("too many callers"), Origin(context.flow.id, None)
    elif not _fits(context.trigger):
        context.trigger = unknown("more than can be followed")
    name = (context.trigger, context.origin)
    if name not in known:
        known[name] = context
        waiting.append(context)


def _fits(value: Value) -> bool:
    """Is it small enough to tell two of it apart? What a flow hands to itself may grow with each call."""
    if isinstance(value, Symbol):
        return True
    waiting, count = [value], 0
    while waiting and count <= _LARGEST:
        count += 1
        found = waiting.pop()
        if isinstance(found, Object):
            waiting += [item for _, item in found.items]
        elif isinstance(found, Text):
            count += len(found.parts)
        elif isinstance(found, tuple) and not isinstance(found, Symbol):
            waiting += found[: _LARGEST + 1]
    return count <= _LARGEST
