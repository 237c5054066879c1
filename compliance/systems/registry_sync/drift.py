"""Repairable differences between the flows of an estate and those of policy, both ways, in an order of names alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.change import Differs, Drift, Missing, Undeclared
from compliance.core.flows import FLOW_COLUMNS, OPERATION_COLUMNS
from compliance.systems.registry_sync.desired import desired

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from compliance.systems.registry_sync.desired import Flow, Values
    from compliance.systems.registry_sync.policy import Policy

# Where an operation stands on the canvas is nobody's business; its title is.
JUDGED_OF_OPERATION = OPERATION_COLUMNS[:-2]


def drift(policy: Policy, flows: Sequence[Values], operations: Sequence[Values]) -> list[Drift]:
    """`flows` and `operations`: rows in the order of `FLOW_COLUMNS` and `OPERATION_COLUMNS`."""
    by_id = {str(row[0]): row for row in flows}
    parts = _by_flow(operations)
    want = sorted(desired(policy, flows, operations), key=lambda flow: flow.name)
    ids = {flow.id for flow in want}
    return [
        *(Undeclared(shown(row)) for row in sorted(flows, key=shown) if surplus(policy, row, ids)),
        *(Missing(flow.name) for flow in want if flow.id not in by_id),
        *(
            d
            for flow in want
            if flow.id in by_id
            for d in _of_flow(flow, by_id[flow.id], parts.get(flow.id, []))
        ),
    ]


def surplus(policy: Policy, row: Values, declared: set[str]) -> bool:
    """An active flow that policy does not declare, and that an event of a governed collection sets off."""
    status, trigger, options = row[2], row[3], row[5]
    if str(row[0]) in declared or status != "active" or trigger != "event" or not isinstance(options, dict):
        return False
    collections = options.get("collections")
    return isinstance(collections, (list, tuple)) and any(
        isinstance(name, str) and name in policy.collections for name in collections
    )


def shown(row: Values) -> str:
    """A flow by name and id, since a name may stand twice."""
    return f"{row[1]} ({row[0]})"


def same(want: Any, found: Any) -> bool:
    """As JSON: lists and tuples are one, 1 and true are not."""
    return canonical.dumps(want) == canonical.dumps(found)


def differing(columns: Sequence[str], want: Values, found: Values) -> Iterator[tuple[str, Any, Any]]:
    """The columns in which two rows differ, with both values."""
    for column, declared, observed in zip(columns, want, found, strict=False):
        if not same(declared, observed):
            yield column, declared, observed


def _of_flow(flow: Flow, found: Values, parts: Sequence[Values]) -> Iterator[Drift]:
    for column, declared, observed in differing(FLOW_COLUMNS, flow.row, found):
        yield Differs(flow.name, column, declared, observed)
    here = {str(row[0]): row for row in parts}
    want = {str(row[0]): row for row in flow.operations}
    for row in flow.operations:
        if row[0] not in here:
            yield Differs(flow.name, f"{row[2]} missing", _gist(row), None)
            continue
        for column, declared, observed in differing(JUDGED_OF_OPERATION, row, here[row[0]]):
            yield Differs(flow.name, f"{row[2]} {column}", declared, observed)
    for row in sorted(parts, key=lambda row: (str(row[2]), str(row[0]))):
        if row[0] not in want:
            yield Differs(flow.name, f"{row[2]} undeclared", None, _gist(row))


def _gist(row: Values) -> Mapping[str, Any]:
    return {"id": row[0], "key": row[2], "type": row[3]}


def _by_flow(operations: Sequence[Values]) -> dict[str, list[Values]]:
    found: dict[str, list[Values]] = {}
    for row in operations:
        found.setdefault(str(row[4]), []).append(row)
    return found
