"""Flows and operations of Directus as rows of its tables hold them, whatever anybody wrote into these.

Any JSON in `options` is a value here; judging it is the rules' part. Directus itself reads the tables when it loads,
so `chain` follows them as it does: an operation of another flow is none, and a second arrival adds nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from operator import is_
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FLOW_COLUMNS = ("id", "name", "status", "trigger", "accountability", "options", "operation", "description")
OPERATION_COLUMNS = (
    "id", "name", "key", "type", "flow", "resolve", "reject", "options", "position_x", "position_y",
)  # fmt: skip

Via: TypeAlias = Literal["root", "resolve", "reject"]


class Flow(NamedTuple):
    """`root`: the id of its first operation. `options`: a mapping, or whatever was there."""

    id: str
    name: str
    status: str
    trigger: str
    accountability: str
    options: Any
    root: str | None
    description: str

    def option(self, name: str) -> Any:
        """One of its options, None where there is none or nothing that has options."""
        return self.options.get(name) if isinstance(self.options, dict) else None

    def listed(self, name: str) -> tuple[str, ...]:
        """A list as Directus reads one: a text is split at its commas, anything else stands for itself."""
        found = self.option(name)
        if isinstance(found, str):
            return tuple(found.split(","))
        return tuple(v for v in found if isinstance(v, str)) if isinstance(found, tuple) else ()


class Operation(NamedTuple):
    id: str
    name: str
    key: str
    type: str
    flow: str
    resolve: str | None
    reject: str | None
    options: Any

    def option(self, name: str) -> Any:
        """One of its options, None where there is none or nothing that has options."""
        return self.options.get(name) if isinstance(self.options, dict) else None


class Step(NamedTuple):
    """An operation as it is reached: from the step `before`, over its `via`.

    `enter` is its place in the chain, `leave` the last place that is reached through it: a step that comes before
    another one in every run has an interval around it. `place`: that of the step before, -1 at the root.
    """

    operation: Operation
    via: Via
    before: str | None
    enter: int
    leave: int
    place: int

    def leads_to(self, other: Step) -> bool:
        """Has this step run when the other one does?"""
        return self.enter < other.enter <= self.leave


@dataclass(frozen=True, eq=False)
class Flows:
    """All of them, by id. Of two rows with one id (no key forbade it) the first counts.

    `memo`: what is derived from them by several rules is derived once, and kept here under a name of its own.
    """

    flows: Mapping[str, Flow]
    operations: Mapping[str, Operation]
    _by_flow: Mapping[str, tuple[Operation, ...]]
    _chains: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    memo: dict[str, Any] = field(default_factory=dict)

    def of(self, flow: str) -> tuple[Operation, ...]:
        """The operations that say they belong to a flow, reached or not."""
        return self._by_flow.get(flow, ())

    def chain(self, flow: Flow) -> tuple[Step, ...]:
        """Its operations from the root, what follows a success before what follows a failure."""
        found = self._chains.get(flow.id)
        if found is None:
            found = self._chains[flow.id] = self._walked(flow)
        return found

    def within(self, flow: str, operation: str | None) -> Operation | None:
        """An operation of this flow, as Directus looks it up."""
        found = self.operations.get(operation) if operation is not None else None
        return found if found is not None and found.flow == flow else None

    def _walked(self, flow: Flow) -> tuple[Step, ...]:
        operations, owner = self.operations, flow.id
        order: list[tuple[Operation, Via, int]] = []
        seen: set[str] = set()
        waiting: list[tuple[str | None, Via, int]] = [(flow.root, "root", -1)]
        while waiting:
            at, via, before = waiting.pop()
            if at is None or at in seen or (operation := operations.get(at)) is None or operation.flow != owner:
                continue
            seen.add(at)
            place = len(order)
            if operation.reject is not None:
                waiting.append((operation.reject, "reject", place))
            if operation.resolve is not None:
                waiting.append((operation.resolve, "resolve", place))
            order.append((operation, via, before))
        return _steps(order)


def _steps(order: Sequence[tuple[Operation, Via, int]]) -> tuple[Step, ...]:
    leave = list(range(len(order)))
    for place in range(len(order) - 1, 0, -1):
        before = order[place][2]
        if leave[place] > leave[before]:
            leave[before] = leave[place]
    return tuple(
        [
            Step(operation, via, order[before][0].id if before >= 0 else None, place, leave[place], before)
            for place, (operation, via, before) in enumerate(order)
        ]
    )


# What was asked for last: the rules of several systems ask for the flows of one observation, whose rows do not change.
_last: tuple[Any, Any, Flows] | None = None


def flows_of(rows_flows: Iterable[Any], rows_operations: Iterable[Any]) -> Flows:
    """Of the sections `rows:flows` and `rows:operations`, in the columns that are named above."""
    global _last
    if _last is not None and _last[0] is rows_flows and _last[1] is rows_operations:
        return _last[2]
    found = _parsed(rows_flows, rows_operations)
    if isinstance(rows_flows, tuple) and isinstance(rows_operations, tuple):
        _last = (rows_flows, rows_operations, found)
    return found


def _parsed(rows_flows: Iterable[Any], rows_operations: Iterable[Any]) -> Flows:
    flows: dict[str, Flow] = {}
    for row in rows_flows:
        flow = _flow(*row.values)
        flows.setdefault(flow.id, flow)
    operations: dict[str, Operation] = {}
    by_flow: dict[str, list[Operation]] = {}
    for row in rows_operations:
        operation = _operation(row.values)
        if operations.setdefault(operation.id, operation) is operation:
            found = by_flow.get(operation.flow)
            if found is None:
                by_flow[operation.flow] = [operation]
            else:
                found.append(operation)
    return Flows(flows, operations, {flow: tuple(found) for flow, found in by_flow.items()})


def _flow(
    id_: Any, name: Any, status: Any, trigger: Any, accountability: Any, options: Any, root: Any, about: Any
) -> Flow:
    return Flow(
        _text(id_), _text(name), _text(status), _text(trigger), _text(accountability), settings(options),
        _reference(root), _text(about),
    )  # fmt: skip


def _operation(values: Sequence[Any]) -> Operation:
    id_, name, key, kind, flow, resolve, reject, options = values[:8]
    return Operation(
        id_ if type(id_) is str else _text(id_),
        name if type(name) is str else _text(name),
        key if type(key) is str else _text(key),
        kind if type(kind) is str else _text(kind),
        flow if type(flow) is str else _text(flow),
        resolve if resolve is None or type(resolve) is str else _text(resolve),
        reject if reject is None or type(reject) is str else _text(reject),
        settings(options),
    )


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    if value is None:
        return ""
    try:
        return str(value)
    except RecursionError:
        return f"<{type(value).__name__}>"


def _reference(value: Any) -> str | None:
    return value if value is None or type(value) is str else _text(value)


def settings(options: Any) -> Any:
    """Options with tuples for lists; JSON that is kept in a column of text is read, as Directus does it."""
    if type(options) is str:
        try:
            options = json.loads(options)
        except (ValueError, RecursionError):
            return options
    try:
        return _frozen(options, 64)
    except RecursionError:
        return _frozen_deep(options)


def frozen(value: Any) -> Any:
    """JSON with its lists as tuples; the value itself where it holds none. However deep it is."""
    try:
        return _frozen(value, 64)
    except RecursionError:
        return _frozen_deep(value)


_CONTAINERS = (dict, list, tuple)


def _frozen(value: Any, depth: int) -> Any:
    """Copies what changes and nothing else: of nearly all options that is nothing, or a list of headers."""
    kind = type(value)
    if kind is not dict:
        return _frozen_list(value, depth) if kind is list or kind is tuple else value
    if depth == 0:
        raise RecursionError
    changed = None
    for name, item in value.items():
        kind = type(item)
        if kind is dict or kind is list or kind is tuple:
            made = _frozen(item, depth - 1)
            if made is not item:
                changed = changed or {**value}
                changed[name] = made
    return value if changed is None else changed


def _frozen_list(value: Sequence[Any], depth: int) -> tuple[Any, ...]:
    if depth == 0:
        raise RecursionError
    made = tuple([_frozen(item, depth - 1) for item in value])
    return value if type(value) is tuple and all(map(is_, made, value)) else made


def _frozen_deep(value: Any) -> Any:
    """The same without a call for each level: outer values are met first, so inner ones are made first backwards."""
    order, waiting = [], [value]
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting += [
            v for v in (node.values() if isinstance(node, dict) else node) if isinstance(v, _CONTAINERS)
        ]
    made: dict[int, Any] = {}
    for node in reversed(order):
        if isinstance(node, dict):
            made[id(node)] = {name: _made(made, item) for name, item in node.items()}
        else:
            made[id(node)] = tuple(_made(made, item) for item in node)
    return made[id(value)]


def _made(made: dict[int, Any], item: Any) -> Any:
    return made[id(item)] if isinstance(item, _CONTAINERS) else item
