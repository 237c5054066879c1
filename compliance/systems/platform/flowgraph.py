"""Who triggers whom among the flows of a Directus: edges for the proof that nothing triggers itself for ever.

Written after the source of Directus 11.17: what an operation emits, and what every run leaves behind. Edges that are
not there because of an assumption are told as removed, so that the proof names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core.loops import Edge
from compliance.core.triggering import (
    ANY,
    ANYTHING,
    WRITES,
    collection_of,
    emits,
    event,
    flow_node,
    request_of,
    webhook_node,
)
from compliance.systems.platform.conditions import branches, deciding, reachable, refuses
from compliance.systems.platform.effects import (
    SILENT,
    meta,
    nested,
    place,
    sent,
    told,
)
from compliance.systems.platform.listening import Listener, Listening, node_of
from compliance.systems.platform.requesting import Requests

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from compliance.core.flows import Flow, Flows, Operation

_ACTIVITY, _REVISIONS, _RELABELLED = (
    event("create", "directus_activity"),
    event("create", "directus_revisions"),
    event("update", "directus_revisions"),
)
_WRITTEN = frozenset(f"items.{action}" for action in WRITES.values())
_RECORDS = frozenset({_ACTIVITY, _REVISIONS, _RELABELLED})
_CALLED = "operation flows: any"
# Rows that are flows themselves: what is written there is not among what is looked at.
_FLOWS = frozenset({"directus_flows", "directus_operations"})
# More pairs of a write and a condition than this are not looked at one by one: their edges stay.
_PAIRS = 200_000


class Graph:
    """Edges of all active flows. `addresses`: where this Directus answers, empty if that is not declared.

    `claimed`: request nodes that another system tells more about. `wanted`: nodes that others' edges begin at.
    `caused`: nodes that others' edges lead to, which is heard under every name that Directus gives an event.
    """

    def __init__(
        self,
        flows: Flows,
        *,
        addresses: tuple[str, ...] = (),
        claimed: Collection[str] = frozenset(),
        wanted: Collection[str] = frozenset(),
        caused: Collection[str] = frozenset(),
    ) -> None:
        self.flows, self.claimed = flows, claimed
        self.listening = Listening(flows)
        self._requests = Requests(self.listening, addresses)
        self.wanted = set(wanted)
        self.recorded = any(map(self._somebody, (_ACTIVITY, _REVISIONS)))
        self.branching = {f.id for f in deciding(flows) if f.status == "active" and branches(flows, f)}
        self._emitted = dict.fromkeys(node for node in caused if node.startswith(("items.", "event:")))
        self._besides: dict[str, tuple[str, ...]] = {}
        self._pairs = 0

    def edges(self) -> Iterator[Edge]:
        """All of them; what is emitted is known once every operation was looked at."""
        for flow in self.flows.flows.values():
            if flow.status == "active":
                yield from self._trail(flow)
                for operation in self._operations(flow):
                    if operation.type not in SILENT:
                        yield from self._operation(flow, operation)
        yield from self._started()
        yield from self._anything()

    def _operations(self, flow: Flow) -> Iterator[Operation]:
        known = self._known_of_all(flow) if flow.id in self.branching else {}
        if known:
            return reachable(self.flows, flow, known)
        return (step.operation for step in self.flows.chain(flow))

    def _known_of_all(self, flow: Flow) -> dict[str, Any]:
        """Of a flow that one event alone starts: which one."""
        names = self.listening.events.get(flow.id, ())
        return {"$trigger": meta(node_of(names[0]))} if len(names) == 1 and "*" not in names[0] else {}

    # --- what an operation does -------------------------------------------------------------------------------

    def _operation(self, flow: Flow, operation: Operation) -> Iterator[Edge]:
        if operation.type in WRITES:
            yield from self._write(flow, operation)
        elif operation.type == "item-read":
            yield from self._read(flow, operation)
        elif operation.type == "trigger":
            yield self._call(flow, operation)
        elif operation.type == "request":
            yield from self._request(flow, operation)
        elif operation.type == "mail":
            yield from self._extra(flow, operation, "event:email.send")
        elif operation.type == "notification":
            yield self._emit(flow, operation, event("create", "directus_notifications"))
            users = (event("query", "directus_users"), event("read", "directus_users"))
            yield from self._extra(flow, operation, "event:email.send", *users, _ACTIVITY, _REVISIONS)
        elif operation.type == "exec":
            yield self._removed(flow, operation, "a script of exec has no way out of its isolate")
        else:
            yield self._removed(
                flow, operation, f"operations of type {operation.type} trigger nothing in Directus"
            )

    def _beside(self, collection: str) -> tuple[str, ...]:
        """Whatever emitEvents says: the trail of a write, the look for its rows, an error of the database."""
        found = self._besides.get(collection)
        if found is None:
            looks = (event("query", collection), event("read", collection))
            every = (_ACTIVITY, _REVISIONS, _RELABELLED, *looks, "event:database.error")
            found = self._besides[collection] = tuple(node for node in every if self._somebody(node))
        return found

    def _emit(self, flow: Flow, operation: Operation, node: str) -> Edge:
        self._emitted[node] = None
        return Edge(flow_node(flow.id), node, told(flow, operation))

    def _extra(self, flow: Flow, operation: Operation, *nodes: str) -> Iterator[Edge]:
        """What Directus emits beside; told where somebody listens."""
        for node in nodes:
            if self._somebody(node):
                yield self._emit(flow, operation, node)

    def _somebody(self, node: str) -> bool:
        """Does anybody hear this event, under any of its names?"""
        return node in self.wanted or self.listening.hears(node)

    def _removed(self, flow: Flow, operation: Operation, assumption: str) -> Edge:
        return Edge(flow_node(flow.id), ANYTHING, told(flow, operation), (assumption,), removed=True)

    def _trail(self, flow: Flow) -> Iterator[Edge]:
        """What a run leaves behind, and that is a row too (Directus issue 17550)."""
        nodes = {"": (), "activity": (_ACTIVITY,)}.get(flow.accountability, (_ACTIVITY, _REVISIONS))
        for node in nodes:
            if self._somebody(node):
                self._emitted[node] = None
                yield Edge(flow_node(flow.id), node, f"each run of '{flow.name}' is recorded")

    def _write(self, flow: Flow, operation: Operation) -> Iterator[Edge]:
        collection = collection_of(operation)
        node = event(WRITES[operation.type], collection)
        if emits(operation):
            yield from self._emission(flow, operation, node)
            if operation.type != "item-delete" and nested(operation.option("payload")):
                yield self._removed(
                    flow, operation, f"the payload of {place(flow, operation)} holds no related rows"
                )
        if collection in _FLOWS:
            yield self._removed(
                flow,
                operation,
                f"the flows that {place(flow, operation)} makes or changes lead back to nothing",
            )
        yield from self._extra(flow, operation, *self._beside(collection))

    def _read(self, flow: Flow, operation: Operation) -> Iterator[Edge]:
        if emits(operation):
            collection = collection_of(operation)
            yield from self._extra(flow, operation, event("query", collection), event("read", collection))

    def _call(self, flow: Flow, operation: Operation) -> Edge:
        target = operation.option("flow")
        if isinstance(target, str) and "{{" not in target:
            if target in self.listening.called:
                return Edge(flow_node(flow.id), flow_node(target), told(flow, operation))
            return Edge(
                flow_node(flow.id), flow_node(target), "Directus knows no active flow to call", removed=True
            )
        return Edge(flow_node(flow.id), _CALLED, told(flow, operation))

    def _request(self, flow: Flow, operation: Operation) -> Iterator[Edge]:
        request = request_of(operation)
        if request is None:
            return
        node = request.node
        yield Edge(flow_node(flow.id), node, told(flow, operation))
        if node in self.claimed:
            return
        for edge in self._requests.edges(request):
            if not edge.removed and edge.target.startswith(("items.", "event:")):
                self._emitted[edge.target] = None
            yield edge

    # --- what an event starts ---------------------------------------------------------------------------------

    def _emission(self, flow: Flow, operation: Operation, node: str) -> Iterator[Edge]:
        """A write that emits: what it sends decides which flows can go on with it."""
        payload = sent(operation)
        listeners = self.listening.by_event.get(node, ())
        judged = [one for one in listeners if one.flow.id in self.branching] if payload else []
        if not judged or node in self.wanted or self._pairs + len(listeners) > _PAIRS or self._rewritten(node):
            yield self._emit(flow, operation, node)
            return
        self._pairs += len(listeners)
        known = {"$trigger": {**meta(node), "payload": payload}}
        refusing = next((one for one in judged if one.blocking and refuses(self.flows, one.flow, known)), None)
        inert = {one.flow.id for one in judged if not self._acts(one.flow, known)}
        if refusing is None and not inert:
            yield self._emit(flow, operation, node)
            return
        own = f"{node} by {place(flow, operation)}"
        yield Edge(flow_node(flow.id), own, told(flow, operation))
        yield from self._heard(node, own)
        for one in listeners:
            yield self._proved(own, node, one, refusing, inert)

    def _rewritten(self, node: str) -> bool:
        """May a flow that runs before the write change what is written? Whatever name it hears of the write by."""
        return any(one.blocking and one.flow.option("return") for one in self.listening.started(node))

    def _acts(self, flow: Flow, known: Mapping[str, Any]) -> bool:
        operations = reachable(self.flows, flow, known)
        return bool(flow.accountability and self.recorded) or any(
            operation.type not in SILENT for operation in operations
        )

    def _proved(self, own: str, node: str, one: Listener, refusing: Listener | None, inert: set[str]) -> Edge:
        target, starts = flow_node(one.flow.id), f"starts '{one.flow.name}'"
        unchanged = (f"no extension changes what is written on {node}",)
        if refusing is not None and not one.blocking:
            return Edge(own, target, f"'{refusing.flow.name}' refuses this write", unchanged, removed=True)
        if one.flow.id in inert:
            why = f"a condition of '{one.flow.name}' stops what this write starts"
            return Edge(own, target, why, unchanged, removed=True)
        return Edge(own, target, starts)

    def _heard(self, node: str, source: str) -> Iterator[Edge]:
        """An event under the other names that Directus gives it."""
        for name in self.listening.heard(node):
            yield Edge(source, name, "the same event")

    def _started(self) -> Iterator[Edge]:
        for node, found in (*self.listening.by_event.items(), *self.listening.patterns.items()):
            for one in found:
                yield Edge(node, flow_node(one.flow.id), f"starts '{one.flow.name}'")
        for identifier, flow in self.listening.called.items():
            yield Edge(_CALLED, flow_node(identifier), f"calls '{flow.name}'")
        for identifier, (flow, _) in self.listening.webhooks.items():
            yield Edge(webhook_node(identifier), flow_node(identifier), f"starts '{flow.name}'")
        for flow in self.listening.schedules:
            yield Edge(f"schedule:{flow.id}", flow_node(flow.id), f"starts '{flow.name}'")
        for node in self._emitted:
            if node.endswith(f":{ANY}"):
                yield from self._of_any_collection(node)
            elif node != ANYTHING:
                yield from self._heard(node, node)
            yield from self._recorded(node)

    def _recorded(self, node: str) -> Iterator[Edge]:
        """Whoever writes a row, the write is recorded, except that of the record itself."""
        kind, _, collection = node.partition(":")
        if kind in _WRITTEN and node not in _RECORDS:
            for target in self._beside(collection):
                if target != node:
                    yield Edge(node, target, "each write is looked up and recorded")

    def _of_any_collection(self, node: str) -> Iterator[Edge]:
        kind = node.rpartition(":")[0]
        for name in (*self.wanted, *self.listening.by_event, *self.listening.patterns):
            action = name.partition(":")[0]
            if action == kind or name in self.listening.patterns or name.startswith("event:items."):
                yield Edge(node, name, "the collection may be this one")

    def _anything(self) -> Iterator[Edge]:
        for name in (
            *self.wanted,
            *self.listening.by_event,
            *self.listening.patterns,
            *map(webhook_node, self.listening.webhooks),
        ):
            if name != ANYTHING:
                yield Edge(ANYTHING, name, "whatever writes to Directus may cause it")
