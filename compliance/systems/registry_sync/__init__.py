"""The registry sync: document 000, flows that keep registries of Directus in Agent Data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.needs import DocumentsNeed, Needs, RowsNeed
from compliance.systems.registry_sync.compile import compile, prepare  # noqa: A004  the protocol's word
from compliance.systems.registry_sync.draft import draft
from compliance.systems.registry_sync.edges import desired_flows, edges
from compliance.systems.registry_sync.exercise import marking
from compliance.systems.registry_sync.moves import rows_of
from compliance.systems.registry_sync.policy import Policy, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "compile",
    "desired_flows",
    "draft",
    "edges",
    "exercises",
    "guards",
    "marking",
    "names",
    "needs",
    "parse",
    "prepare",
    "prepared",
    "reads",
    "safe",
]

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
        "RS018",
        "RS039",
    }
)
# What a preparation repairs: where these alone are broken, it is compiled instead of the flows.
prepared = frozenset({"RS010"})

# Before a row is made to be seen: it is the database that Directus serves, and nothing goes round for ever.
safe = frozenset({"RS003", "RS004", "RS013", "PL004"})


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
        exercised=frozenset({"registry_sync"}),
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
    """No call of a function: what there is to be seen, `marking` shows."""
    return ()
