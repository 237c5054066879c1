"""The registry sync: document 000, flows that keep registries of Directus in Agent Data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.needs import DocumentsNeed, Needs, RowsNeed
from compliance.systems.registry_sync.compile import compile, prepare  # noqa: A004  the protocol's word
from compliance.systems.registry_sync.edges import edges
from compliance.systems.registry_sync.moves import rows_of
from compliance.systems.registry_sync.policy import Policy, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["compile", "edges", "exercises", "guards", "names", "needs", "parse", "prepare", "prepared", "reads"]

guards = frozenset(
    {
        "RS001",
        "RS002",
        "RS003",
        "RS004",
        "RS005",
        "RS006",
        "RS007",
        "RS008",
        "RS009",
        "RS010",
        "RS011",
        "RS012",
        "RS013",
        "RS039",
    }
)
# What a preparation repairs: where these alone are broken, it is compiled instead of the flows.
prepared = frozenset({"RS010"})


def needs(policy: Policy) -> Needs:
    """The rows of each collection, the documents, what both services say, and files that bind them."""
    collections = policy.collections.values()
    relation, key, data = policy.service.documents
    return Needs(
        rows=tuple(
            RowsNeed(rows_of(c).removeprefix("rows:"), f"{policy.schema}.{c.name}", c.columns)
            for c in collections
        ),
        files=frozenset(
            {policy.environment.file, policy.service.reverse.source, *policy.service.reviewed_sources}
        ),
        directus=True,
        agent_data=True,
        documents=DocumentsNeed(relation, key, data),
        bodies=True,
    )


def reads(_policy: Policy) -> frozenset[str]:
    """The sections that drift and steps are derived from."""
    return frozenset({"rows:flows", "rows:operations"})


def names(policy: Policy, population: str) -> Sequence[str]:
    """Subjects by population."""
    return {
        "flows": lambda: list(policy.flows),
        "collections": lambda: list(policy.collections),
        "excluded": lambda: list(policy.excluded),
        "sources": lambda: list(policy.service.reviewed_sources),
        "service": lambda: ["agent_data"],
        "estate": lambda: ["directus"],
    }[population]()


def exercises(_policy: Policy) -> tuple[()]:
    """Nothing has to be called to be seen: what flows did is in the documents."""
    return ()
