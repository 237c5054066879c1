"""Seed and migration of the registry flows: document 000, 'DOT Tool'. Strictly idempotent: ids stay, and no moment is
without its flow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.change import Compiled
from compliance.core.flowdiff import kept, same, shown
from compliance.core.flows import FLOW_COLUMNS, OPERATION_COLUMNS
from compliance.core.flowsql import Side, Writer
from compliance.core.obstacles import check_restorable, check_unobstructed
from compliance.systems.registry_sync.desired import Flow, desired
from compliance.systems.registry_sync.drift import surplus
from compliance.systems.registry_sync.ids import unambiguous
from compliance.systems.registry_sync.moves import moves_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from compliance.core.change import Step
    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.ids import Values
    from compliance.systems.registry_sync.policy import Policy

SYSTEM = "registry_sync"


def compile(facts: Facts) -> tuple[Compiled, ...]:  # noqa: A001  the field's word, and the protocol's
    """The seed, and the migration that repairs exactly the drift of this observation."""
    policy: Policy = facts.policy
    flows, operations = rows(facts, "flows"), rows(facts, "operations")
    unambiguous(policy, flows)
    declared = desired(policy, flows, operations)
    there = _there(declared, flows, operations)
    want = [_kept(flow, there[flow.id]) for flow in declared]
    writer = Writer(facts.policies["platform"].directus.schema, facts.read("catalog.columns"))
    extra = [r for r in flows if surplus(policy, r, {flow.id for flow in want})] if policy.prune else []
    return (
        _seed(writer, want, there),
        _migration(writer, want, there, Side(tuple(flows), tuple(operations)), extra),
    )


def prepare(facts: Facts) -> tuple[Compiled, ...]:
    """What has to be done before flows can be compiled: documents under a former id are moved to their own."""
    calls = moves_of(facts)
    return (
        (Compiled(SYSTEM, "preparation", f"move {len(calls)} document(s)", (), calls=calls),) if calls else ()
    )


def rows(facts: Facts, section: str) -> list[Values]:
    """The rows of Directus' flows or operations."""
    return [row.values for row in facts.read(f"rows:{section}")]


def _there(want: Sequence[Flow], flows: Iterable[Values], operations: Iterable[Values]) -> dict[str, Side]:
    """Of each declared flow what is there. An operation that has to be one of its is, wherever it is now."""
    owner = {row[0]: flow.id for flow in want for row in flow.operations}
    parts: dict[Any, list[Values]] = {}
    for row in operations:
        parts.setdefault(owner.get(row[0], row[4]), []).append(row)
    by_id = {row[0]: row for row in flows}
    return {
        flow.id: Side((by_id[flow.id],) if flow.id in by_id else (), tuple(parts.get(flow.id, ())))
        for flow in want
    }


def _kept(flow: Flow, there: Side) -> Flow:
    """As declared, in the spelling that is there where it means the same."""
    found = there.rows("flows") | there.rows("operations")
    return replace(
        flow,
        row=kept(flow.row, found.get(flow.id)),
        operations=tuple(kept(row, found.get(row[0])) for row in flow.operations),
    )


def _seed(writer: Writer, want: Sequence[Flow], there: Mapping[str, Side]) -> Compiled:
    steps = [writer.insert(flow.name, _side([flow]), there[flow.id]) for flow in want]
    return Compiled(SYSTEM, "seed", _counted(want), tuple(steps), payloads=payloads(want))


def _counted(want: Sequence[Flow]) -> str:
    helpers = sum(flow.declared.helper for flow in want)
    return f"all {len(want) - helpers} declared flows and {helpers} helper flows"


def _migration(
    writer: Writer, want: Sequence[Flow], there: Mapping[str, Side], whole: Side, extra: Sequence[Values]
) -> Compiled:
    changed = [flow for flow in want if not there[flow.id].flows or _differs(flow, there[flow.id])]
    made = sum(not there[flow.id].flows for flow in changed)
    steps: list[Step] = []
    for group in _entangled(changed, there):
        before, after = _joined(there[flow.id] for flow in group), _side(group)
        check_restorable([*before.flows, *before.operations])
        check_unobstructed(before, after, whole)
        verb = "set right" if before.flows else "set up"
        steps.append(writer.change(f"{verb} {', '.join(flow.name for flow in group)}", before, after))
    check_restorable(extra)
    steps += [writer.switch_off(shown(row), row) for row in extra]
    title = _title({"set up": made, "set right": len(changed) - made, "switch off": len(extra)})
    return Compiled(SYSTEM, "migration", title, tuple(steps), payloads=payloads(changed))


def _entangled(changed: Sequence[Flow], there: Mapping[str, Side]) -> list[list[Flow]]:
    """Flows that lead into each other are set right in one step: `operation`, `resolve` and `reject` are unique, so
    that of two which have each other's the first could not get its own."""
    groups: list[tuple[set[str], list[Flow]]] = []
    for flow in changed:
        names, members = there[flow.id].named | _side([flow]).named, [flow]
        apart: list[tuple[set[str], list[Flow]]] = []
        for group in groups:
            if group[0].isdisjoint(names):
                apart.append(group)
            else:
                names, members = names | group[0], [*group[1], *members]
        groups = [*apart, (names, members)]
    order = {flow.id: place for place, flow in enumerate(changed)}
    return sorted((sorted(g, key=lambda f: order[f.id]) for _, g in groups), key=lambda g: order[g[0].id])


def _side(flows: Iterable[Flow]) -> Side:
    listed = tuple(flows)
    return Side(tuple(f.row for f in listed), tuple(row for f in listed for row in f.operations))


def _joined(sides: Iterable[Side]) -> Side:
    listed = tuple(sides)
    return Side(tuple(r for s in listed for r in s.flows), tuple(r for s in listed for r in s.operations))


def _title(parts: dict[str, int]) -> str:
    return ", ".join(f"{verb} {count} flow(s)" for verb, count in parts.items() if count) or "nothing to do"


def _differs(flow: Flow, there: Side) -> bool:
    """By spelling, which was taken over from what means the same, as was the place on the canvas."""
    want = _side([flow])
    return any(not same(want.rows(table), there.rows(table)) for table in ("flows", "operations"))


def payloads(flows: Sequence[Flow]) -> dict[str, str]:
    """The same as bodies for Directus' REST API, for a reviewer who knows that better than SQL."""
    if not flows:
        return {}
    return {
        "flows.json": canonical.pretty([_named(FLOW_COLUMNS, flow.row) for flow in flows]),
        "operations.json": canonical.pretty(
            [_named(OPERATION_COLUMNS, row) for flow in flows for row in flow.operations]
        ),
    }


def _named(columns: Sequence[str], row: Values) -> dict[str, Any]:
    return dict(zip(columns, row, strict=True))
