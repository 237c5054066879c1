"""Nothing triggers itself for ever: what all systems in force know, summed and proved, with what the proof rests on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.finding import Finding, Judgement, Note
from compliance.core.flows import flows_of
from compliance.core.loops import prove
from compliance.core.observation import Row
from compliance.core.triggering import flow_node
from compliance.systems import system
from compliance.systems.platform.flowgraph import Graph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from compliance.core.flows import Flows
    from compliance.core.loops import Edge, Loop, Proof
    from compliance.systems.protocol import Facts

_SUBJECT = "directus"


def loop_free(facts: Facts) -> Iterator[Judgement]:
    """Over the flows that are there, and all that other systems know to lead back to them."""
    if facts.policy.directus is not None:
        yield from _judged(facts, flows_of(facts.read("rows:flows"), facts.read("rows:operations")))


def loop_free_when_changed(facts: Facts) -> Iterator[Judgement]:
    """The same with every flow in the place of what is there that a system would compile. A loop that goes through none
    of them is not of its making."""
    if facts.policy.directus is None:
        return
    changed, flows, operations = _changed(facts)
    if changed:
        through = {flow_node(flow) for flow in changed}
        yield from _judged(facts, flows_of(flows, operations), lambda loop: not through.isdisjoint(loop.nodes))


def _changed(facts: Facts) -> tuple[set[str], list[Row], list[Row]]:
    """The ids of the flows that would be compiled, and all rows as they would be then."""
    flows = {row.values[0]: row for row in facts.read("rows:flows")}
    operations = {row.values[0]: row for row in facts.read("rows:operations")}
    changed: set[str] = set()
    for tell, own in _told(facts, "desired_flows"):
        new_flows, new_operations = tell(own)
        ours = {str(values[0]) for values in new_flows}
        operations = {key: row for key, row in operations.items() if str(row.values[4]) not in ours}
        flows |= {values[0]: Row(tuple(values)) for values in new_flows}
        operations |= {values[0]: Row(tuple(values)) for values in new_operations}
        changed |= ours
    return changed, list(flows.values()), list(operations.values())


def _told(facts: Facts, name: str) -> Iterator[tuple[Callable[..., Any], Facts]]:
    """What other systems in force have under a name, looked up when it is asked for: none imports another."""
    for other in facts.policies:
        tell = getattr(system(other), name, None) if other != facts.system else None
        if tell is not None:
            yield tell, replace(facts, system=other)


def _judged(facts: Facts, flows: Flows, counts: Callable[[Loop], bool] = lambda _: True) -> Iterator[Judgement]:
    proof = prove(_edges(facts, flows))
    for loop in filter(counts, proof.loops):
        yield Finding(_SUBJECT, f"triggers itself: {loop}", canonical.digest(canonical.dumps(loop.nodes))[:12])
    if proof.more:
        yield Finding(_SUBJECT, f"there are more loops than {len(proof.loops)}", "more")
    yield Note(_SUBJECT, "loop freedom", _certificate(proof))


def _edges(facts: Facts, flows: Flows) -> list[Edge]:
    others: list[Edge] = []
    for tell, own in _told(facts, "edges"):
        found: Iterable[Edge] = tell(own, flows)
        others += found
    sources = {edge.source for edge in others}
    wanted = {node for node in sources if node.startswith(("items.", "event:"))}
    graph = Graph(
        flows,
        addresses=facts.policy.directus.addresses,
        claimed=sources - wanted,
        wanted=wanted,
        caused={edge.target for edge in others if not edge.removed},
    )
    return [*others, *graph.edges()]


def _certificate(proof: Proof) -> dict[str, Any]:
    """What was looked at, and what the absence of loops rests on, each by name."""
    return {
        "nodes": proof.nodes,
        "edges": proof.edges,
        "loops": [str(loop) for loop in proof.loops],
        "assumptions": list(proof.assumptions),
        "edges that are not there": [f"{e.source} → {e.target}: {e.why}" for e in proof.removed],
    }
