"""Flows of a made-up Directus, written down in a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core.flows import flows_of
from compliance.core.loops import prove
from compliance.core.observation import Row
from compliance.systems.platform.flowgraph import Graph

if TYPE_CHECKING:
    from compliance.core.loops import Edge, Proof


def event(*collections: str, scope: str = "items.create", kind: str = "action", **more: Any) -> dict[str, Any]:
    return {"type": kind, "scope": [scope], "collections": list(collections), **more}


def create(collection: str, **more: Any) -> tuple[str, Any]:
    return "item-create", {"collection": collection, "payload": {"title": "x"}, "emitEvents": True, **more}


def update(collection: str, **payload: Any) -> tuple[str, Any]:
    return "item-update", {"collection": collection, "key": 1, "payload": payload, "emitEvents": True}


def request(method: str, url: str) -> tuple[str, Any]:
    return "request", {"method": method, "url": url}


def call(flow: str) -> tuple[str, Any]:
    return "trigger", {"flow": flow, "payload": "{}"}


def only_if(condition: Any) -> tuple[str, Any]:
    return "condition", {"filter": condition}


class Estate:
    """Flows by name, which is their id too; their operations run one after the other."""

    def __init__(self) -> None:
        self.flows: list[Row] = []
        self.operations: list[Row] = []

    def flow(
        self, name: str, trigger: str, options: Any, *operations: tuple[str, Any], status: str = "active",
        accountability: str | None = None, rejects: bool = False,
    ) -> Estate:  # fmt: skip
        ids = [f"{name}.{place}" for place in range(len(operations))]
        root = ids[0] if ids else None
        self.flows.append(Row((name, name, status, trigger, accountability, options, root, None)))
        for (kind, settings), identifier, following in zip(operations, ids, [*ids[1:], None], strict=False):
            ways = (None, following) if rejects else (following, None)
            self.operations.append(Row((identifier, identifier, identifier, kind, name, *ways, settings, 1, 1)))
        return self

    def proof(self, *others: Edge, addresses: tuple[str, ...] = ()) -> Proof:
        graph = Graph(
            flows_of(self.flows, self.operations), addresses=addresses, claimed={e.source for e in others},
            caused={e.target for e in others},
        )  # fmt: skip
        return prove([*others, *graph.edges()])
