"""Repairable differences between the flows of an estate and those of policy, both ways, in an order of names alone."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from compliance.core.change import Differs, Drift, Missing, Undeclared
from compliance.core.flowdiff import JUDGED_OF_OPERATION, differing, kept, shown
from compliance.core.flows import FLOW_COLUMNS, Flow, settings
from compliance.systems.registry_sync import desired as declaring

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from compliance.systems.registry_sync.ids import Values
    from compliance.systems.registry_sync.policy import Policy

__all__ = ["JUDGED_OF_OPERATION", "drift", "kept", "surplus"]

_EVENTS = ("items.create", "items.update", "items.delete")


def drift(policy: Policy, flows: Sequence[Values], operations: Sequence[Values]) -> list[Drift]:
    """`flows` and `operations`: rows in the order of `FLOW_COLUMNS` and `OPERATION_COLUMNS`."""
    by_id = {str(row[0]): row for row in flows}
    want = sorted(declaring.desired(policy, flows, operations), key=lambda flow: flow.name)
    ids = {flow.id for flow in want}
    parts = _by_flow(operations, ids)
    return [
        *(Undeclared(shown(row)) for row in sorted((r for r in flows if surplus(policy, r, ids)), key=shown)),
        *(Missing(flow.name) for flow in want if flow.id not in by_id),
        *(d for flow in want if flow.id in by_id for d in _of_flow(flow, by_id[flow.id], parts[flow.id])),
    ]


def surplus(policy: Policy, row: Values, declared: set[str]) -> bool:
    """An active flow that policy does not declare, and that an event of a governed collection sets off."""
    if row[2] != "active" or row[3] != "event" or str(row[0]) in declared:
        return False
    flow = Flow._make((*row[:5], settings(row[5]), *row[6:]))
    return any(_hears(flow, scope, policy) for scope in flow.listed("scope"))


def _hears(flow: Flow, scope: str, policy: Policy) -> bool:
    """As Directus registers it: one of three scopes for each collection, any other as it stands, `*` for any part."""
    if scope in _EVENTS:
        return not policy.collections.keys().isdisjoint(flow.listed("collections"))
    events = [*_EVENTS, *(f"{name}.{event}" for name in policy.collections for event in _EVENTS)]
    return any(fnmatchcase(event, scope) for event in events)


def _of_flow(flow: declaring.Flow, found: Values, parts: Sequence[Values]) -> Iterator[Drift]:
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


def _by_flow(operations: Sequence[Values], flows: set[str]) -> dict[str, list[Values]]:
    found: dict[str, list[Values]] = {flow: [] for flow in flows}
    for row in operations:
        if (owner := str(row[4])) in found:
            found[owner].append(row)
    return found
