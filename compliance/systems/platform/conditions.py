"""What is certain of a run that one event started: which operations it can reach, and whether it is refused."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from compliance.core.deciding import decided
from compliance.core.symbols import unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.deciding import Path
    from compliance.core.flows import Flow, Flows, Operation

UNKNOWN = unknown("nothing is known of it before it runs")


_DECIDING = frozenset({"condition", "throw-error"})


def deciding(flows: Flows) -> Iterator[Flow]:
    """Flows with an operation that may decide which way a run goes, reached or not: few, and asked of all at once."""
    owners = dict.fromkeys(o.flow for o in flows.operations.values() if o.type in _DECIDING)
    return (flows.flows[owner] for owner in owners if owner in flows.flows)


def branches(flows: Flows, flow: Flow) -> bool:
    """Does the flow hold an operation whose outcome can be known before it runs? Not where a result takes the place of
    `$trigger`."""
    steps = flows.chain(flow)
    shadowed = any(step.operation.key == "$trigger" for step in steps)
    return not shadowed and any(step.operation.type in _DECIDING for step in steps)


def reachable(flows: Flows, flow: Flow, known: Mapping[str, Any]) -> Iterator[Operation]:
    """The operations that a run can reach, given what is known of its `$trigger`."""
    seen: set[str] = set()
    todo = [flow.root]
    while todo:
        operation = flows.within(flow.id, todo.pop())
        if operation is None or operation.id in seen:
            continue
        seen.add(operation.id)
        yield operation
        todo += _successors(operation, known)


def _successors(operation: Operation, known: Mapping[str, Any]) -> list[str | None]:
    if operation.type == "throw-error":
        return [operation.reject]
    if operation.type == "condition":
        holds = _decided(operation, known)
        if holds is not None:
            return [operation.resolve if holds else operation.reject]
    return [operation.resolve, operation.reject]


def refuses(flows: Flows, flow: Flow, known: Mapping[str, Any]) -> bool:
    """Is it certain that the run ends with a rejection? A filter flow then refuses the write."""
    at, seen = flow.root, set[str]()
    while (operation := flows.within(flow.id, at)) is not None and operation.id not in seen:
        seen.add(operation.id)
        following = _successors(operation, known)
        if len(following) != 1:
            return False
        (at,) = following
        if flows.within(flow.id, at) is None:
            return operation.type == "throw-error" or _decided(operation, known) is False
    return False


def _decided(operation: Operation, known: Mapping[str, Any]) -> bool | None:
    return decided(operation.option("filter"), partial(_value, known))


def _value(known: Any, path: Path) -> Any:
    """What is not known to be there may be: which fields are there besides the known ones nobody can tell."""
    for name in path:
        known = known.get(name, UNKNOWN) if isinstance(known, dict) else UNKNOWN
    return known
