"""Seed and migration of the registry flows: document 000, 'DOT Tool'. Strictly idempotent: ids stay, and no moment is
without its flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.change import Compiled
from compliance.core.errors import Refused
from compliance.core.flows import FLOW_COLUMNS, OPERATION_COLUMNS
from compliance.systems.registry_sync.desired import Flow, desired, unambiguous
from compliance.systems.registry_sync.drift import JUDGED_OF_OPERATION, differing, shown, surplus
from compliance.systems.registry_sync.moves import moves_of
from compliance.systems.registry_sync.writer import Side, Writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from compliance.core.change import Step
    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.desired import Values
    from compliance.systems.registry_sync.policy import Policy

SYSTEM = "registry_sync"


def compile(facts: Facts) -> tuple[Compiled, ...]:  # noqa: A001  the field's word, and the protocol's
    """The seed, and the migration that repairs exactly the drift of this observation."""
    policy: Policy = facts.policy
    flows, operations = rows(facts, "flows"), rows(facts, "operations")
    unambiguous(policy, flows)
    want = desired(policy, flows, operations)
    there = {flow.id: _there(flow.id, flows, operations) for flow in want}
    _no_secrets(want, there)
    writer = Writer(facts.policies["platform"].directus.schema)
    return (_seed(writer, want, there), _migration(policy, writer, want, there, flows))


def prepare(facts: Facts) -> tuple[Compiled, ...]:
    """What has to be done before flows can be compiled: documents under a former id are moved to their own."""
    calls = moves_of(facts)
    return (
        (Compiled(SYSTEM, "preparation", f"move {len(calls)} document(s)", (), calls=calls),) if calls else ()
    )


def rows(facts: Facts, section: str) -> list[Values]:
    """The rows of Directus' flows or operations."""
    return [row.values for row in facts.read(f"rows:{section}")]


def _there(flow: str, flows: Iterable[Values], operations: Iterable[Values]) -> Side:
    return Side(
        tuple(row for row in flows if row[0] == flow), tuple(row for row in operations if row[4] == flow)
    )


def _seed(writer: Writer, want: Sequence[Flow], there: dict[str, Side]) -> Compiled:
    steps = [writer.insert(flow, there[flow.id]) for flow in want]
    return Compiled(SYSTEM, "seed", _counted(want), tuple(steps), payloads=payloads(want))


def _counted(want: Sequence[Flow]) -> str:
    helpers = sum(flow.declared.helper for flow in want)
    return f"all {len(want) - helpers} declared flows and {helpers} helper flows"


def _migration(
    policy: Policy, writer: Writer, want: Sequence[Flow], there: dict[str, Side], flows: Sequence[Values]
) -> Compiled:
    steps: list[Step] = []
    changed: list[Flow] = []
    for flow in want:
        side = there[flow.id]
        if not side.flows or not _same(flow, side):
            changed.append(flow)
            steps.append(
                writer.change(f"set right {flow.name}" if side.flows else f"set up {flow.name}", side, flow)
            )
    ids = {flow.id for flow in want}
    extra = [row for row in flows if surplus(policy, row, ids)] if policy.prune else []
    steps += [writer.switch_off(shown(row), row) for row in extra]
    made = sum(not there[flow.id].flows for flow in changed)
    title = _title({"set up": made, "set right": len(changed) - made, "switch off": len(extra)})
    return Compiled(SYSTEM, "migration", title, tuple(steps), payloads=payloads(changed))


def _title(parts: dict[str, int]) -> str:
    return ", ".join(f"{verb} {count} flow(s)" for verb, count in parts.items() if count) or "nothing to do"


def _same(flow: Flow, side: Side) -> bool:
    want = {row[0]: row for row in flow.operations}
    found = {row[0]: row for row in side.operations}
    return (
        not any(differing(FLOW_COLUMNS, flow.row, side.flows[0]))
        and want.keys() == found.keys()
        and not any(any(differing(JUDGED_OF_OPERATION, want[key], found[key])) for key in want)
    )


def _no_secrets(want: Sequence[Flow], there: dict[str, Side]) -> None:
    """A secret is not in the observation, so no revert could put it back."""
    found = [
        f"{flow.name}: operation {row[2]}"
        for flow in want
        for row in there[flow.id].operations
        if b"<secret " in canonical.dumps(row[7])
    ]
    if found:
        raise Refused(
            "flows hold a secret as text, which no plan can take back once it is overwritten",
            reasons=found,
            remedy="replace it in Directus by a name such as {{$env.X}}, change the secret, then compile again",
        )


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
