"""The registry policy of the reference estate, the rows that it declares, and ways to damage them."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from compliance.core import facts
from compliance.core.flows import FLOW_COLUMNS, OPERATION_COLUMNS
from compliance.core.observation import Observation, Provenance, Row, Seen
from compliance.estate import document
from compliance.estate.resources import resource
from compliance.systems import platform, registry_sync
from compliance.systems.protocol import Facts
from compliance.systems.registry_sync.desired import desired

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from compliance.systems.registry_sync.ids import Values
    from compliance.systems.registry_sync.policy import Policy

FOLDER = resource("fixtures/reference/policy")
SCHEMA = resource("systems/registry_sync/policy.schema.json")
ORIGIN = Provenance("test", "", "2026-11-21T00:00:00+00:00", 0.0)
NEW = "00000000-0000-4000-8000-{:012d}"

Rows = list[list[Any]]
Damage = tuple[str, int, int, Any]


def parse(path: Path) -> Policy:
    return registry_sync.parse(document.load(path, SCHEMA))


@cache
def policy() -> Policy:
    return parse(FOLDER / "registry_sync.yaml")


def declared() -> tuple[Rows, Rows]:
    """What an estate without drift holds, as lists that may be changed."""
    flows = desired(policy(), (), ())
    return (
        [list(copy.deepcopy(flow.row)) for flow in flows],
        [list(copy.deepcopy(row)) for flow in flows for row in flow.operations],
    )


def facts_of(
    flows: Sequence[Sequence[Any]],
    operations: Sequence[Sequence[Any]],
    options: str = "json",
    *,
    prune: bool = False,
) -> Facts:
    """An observation of these rows. `options`: the type that both columns of that name have."""
    columns = tuple(
        facts.Column("public", f"directus_{table}", "options", 6, options, True, None, "", "")
        for table in ("flows", "operations")
    )
    sections = {
        "rows:flows": Seen(tuple(Row(tuple(row)) for row in flows), ORIGIN),
        "rows:operations": Seen(tuple(Row(tuple(row)) for row in operations), ORIGIN),
        "catalog.columns": Seen(columns, ORIGIN),
    }
    policies = {
        "platform": platform.parse(
            document.load(FOLDER / "platform.yaml", resource("systems/platform/policy.schema.json"))
        ),
        "registry_sync": replace(policy(), prune=prune),
    }
    return Facts("registry_sync", policies, Observation("test", ORIGIN.at, sections))


# --- damage ----------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab{}$.\"'\\é ", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=6,
)
_TEXTS = st.text("abc'\\\"%$;-é\n", max_size=5)


def _flow_changes() -> dict[str, st.SearchStrategy[Any]]:
    return {
        "name": _TEXTS, "status": st.sampled_from(["inactive", ""]), "accountability": st.none() | _TEXTS,
        "trigger": st.sampled_from(["event", "operation", "schedule", "manual", "webhook"]), "options": JSON,
        "description": st.none() | _TEXTS,
    }  # fmt: skip


def _operation_changes() -> dict[str, st.SearchStrategy[Any]]:
    return {
        "name": st.none() | _TEXTS,
        "key": _TEXTS,
        "type": _TEXTS,
        "options": JSON,
        "position_x": st.integers(1, 90),
    }


def _changed(of: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    return st.sampled_from(sorted(of)).flatmap(lambda column: st.tuples(st.just(column), of[column]))


_PLACE = st.integers(0, 99)
_LINK = st.tuples(_PLACE, st.sampled_from(["resolve", "reject"]))
_KINDS: dict[str, st.SearchStrategy[Any]] = {
    "flow gone": st.none(),
    "flow changed": _changed(_flow_changes()),
    "flow set up by hand": st.integers(1, 10**6),
    "operation gone": st.none(),
    "operation changed": _changed(_operation_changes()),
    "operation by hand": st.integers(1, 10**6),
    "operation moved": _PLACE,
    "roots swapped": _PLACE,
    "links swapped": _LINK,
    "link turned": _LINK,
    "operation too many": st.integers(1, 10**6),
    "names swapped": _PLACE,
}


def damages() -> st.SearchStrategy[list[Damage]]:
    """What happened to an estate, one thing after the other; places are taken modulo what is there then."""
    one = st.sampled_from(sorted(_KINDS)).flatmap(
        lambda kind: st.tuples(st.just(kind), _PLACE, _PLACE, _KINDS[kind])
    )
    return st.lists(one, min_size=1, max_size=8)


def damaged(flows: Rows, operations: Rows, damage: Sequence[Damage]) -> tuple[Rows, Rows]:
    """The rows after it, as PostgreSQL would have let it happen: keys stay unique, and lead to what is there."""
    for kind, one, other, value in damage:
        if flows and operations:
            table = _of_flows if kind.startswith(("flow", "roots", "names")) else _of_operations
            table(flows, operations, kind, one, other, value)
    return flows, operations


def _of_flows(flows: Rows, operations: Rows, kind: str, one: int, _other: int, value: Any) -> None:
    flow = flows[one % len(flows)]
    match kind:
        case "flow gone":
            flows.remove(flow)
            _remove(operations, [row for row in operations if row[4] == flow[0]])
        case "flow changed":
            # Names that are declared stay unique: a duplicate is refused.
            flow[FLOW_COLUMNS.index(value[0])] = value[1] if value[0] != "name" else f"{value[1]} {one}"
        case "flow set up by hand":
            _renamed(flows, operations, flow, NEW.format(value))
        case _:
            swapped, column = flows[value % len(flows)], 6 if kind == "roots swapped" else 1
            flow[column], swapped[column] = swapped[column], flow[column]


def _of_operations(flows: Rows, operations: Rows, kind: str, one: int, other: int, value: Any) -> None:
    operation, second = operations[one % len(operations)], operations[other % len(operations)]
    match kind:
        case "operation gone":
            _remove(operations, [operation])
        case "operation changed":
            operation[OPERATION_COLUMNS.index(value[0])] = value[1]
        case "operation by hand":
            _renamed(flows, operations, operation, NEW.format(value))
        case "operation moved":
            operation[4] = flows[value % len(flows)][0]
        case "links swapped":
            column = OPERATION_COLUMNS.index(value[1])
            operation[column], second[column] = second[column], operation[column]
        case "link turned":
            column, target = OPERATION_COLUMNS.index(value[1]), operations[value[0] % len(operations)][0]
            if all(row[column] != target for row in operations):
                operation[column] = target
        case _ if all(row[0] != NEW.format(value) for row in operations):
            owner = flows[other % len(flows)][0]
            operations.append([NEW.format(value), "More", "more", "log", owner, None, None, {}, 1, 1])


def _remove(operations: Rows, gone: Rows) -> None:
    ids = {row[0] for row in gone}
    operations[:] = [row for row in operations if row[0] not in ids]
    for row in operations:
        row[5:7] = [None if link in ids else link for link in row[5:7]]


def _renamed(flows: Rows, operations: Rows, row: list[Any], new: str) -> None:
    """Another id of a row, wherever it stands."""
    old = row[0]
    if any(new == other[0] for other in (*flows, *operations)):
        return
    row[0] = new
    for other in flows:
        other[6] = new if other[6] == old else other[6]
    for other in operations:
        other[4:7] = [new if value == old else value for value in other[4:7]]


def values(rows: Rows) -> list[Values]:
    """As an observation has them."""
    return [tuple(row) for row in rows]
