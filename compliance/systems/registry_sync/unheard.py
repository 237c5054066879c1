"""Flows that change governed rows and tell nobody: an operation emits no event unless it is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.finding import Finding, Judgement, Unseen
from compliance.core.triggering import ANY, WRITES, collection_of, emits
from compliance.systems.registry_sync.analysis import analysis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.protocol import Facts


def unheard_writes(facts: Facts) -> Iterator[Judgement]:
    """Of every active flow, whatever begins it. A flow whose writes are right is named in policy under `bypasses`."""
    found, collections = analysis(facts), facts.policy.collections
    for flow, step in found.steps():
        operation = step.operation
        if operation.type not in WRITES or emits(operation) or flow.name in facts.policy.bypasses:
            continue
        if operation.option("collection") is None:
            continue  # it is rejected, and changes nothing
        collection, key = collection_of(operation), operation.key or operation.id
        subject = found.subject(flow.id)
        if collection in collections:
            yield Finding(
                collection,
                f"'{subject}', operation {key}: its {operation.type} fires no flow; it has to say emitEvents: true",
                f"{subject} {key}",
            )
        elif collection == ANY:
            why = f"'{subject}', operation {key}: which collection it changes without an event only a run can tell"
            yield from (Unseen(name, why) for name in collections)
