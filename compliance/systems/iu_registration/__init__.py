"""The IU registration: document 002, a read-only Directus collection derived from a view of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.needs import Needs
from compliance.systems.iu_registration import looking
from compliance.systems.iu_registration.compile import compile  # noqa: A004  the protocol's word
from compliance.systems.iu_registration.exercise import SUBJECTS, sandbox
from compliance.systems.iu_registration.policy import Policy, parse
from compliance.systems.iu_registration.prepare import prepare
from compliance.systems.iu_registration.registration import permitted
from compliance.systems.iu_registration.rights import relations
from compliance.systems.iu_registration.source import axis

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "compile", "exercises", "guards", "names", "needs", "parse", "prepare", "prepared", "promised", "reads", "sandbox",
]  # fmt: skip

guards = frozenset({"IU001", "IU002", "IU003", "IU004", "IU005", "IU006", "IU007", "IU008", "IU009", "IU010"})
# What need not hold before a preparation: the search path of Directus (IU004) is set only once there is what it names.
prepared = frozenset({"IU001", "IU004", "IU006", "IU008"})
promised = prepared - {"IU004"}


def needs(policy: Policy) -> Needs:
    """The envelope, what Directus keeps of collections and of who may read them, its settings, its version."""
    return Needs(
        rows=looking.rows(policy),
        files=frozenset({policy.environment.file}),
        roles=frozenset({policy.database_role}),
        directus=True,
        bodies=True,
        exercised=frozenset({"iu_registration"}),
        collections=frozenset({policy.collection.name}),
        compared=looking.compared(policy),
    )


def reads(_policy: Policy) -> frozenset[str]:
    """The sections that drift and steps are derived from. Policies and access are not there in Directus 10; where they
    have to be and cannot be seen, drift itself raises. The envelope may be missing, and a preparation makes it; where
    it is there and cannot be seen, IU002 is a readiness rule that could not look."""
    return frozenset(
        {
            looking.COLLECTIONS, looking.FIELDS, looking.PERMISSIONS, looking.ROLES,
            "catalog.relations", "catalog.columns",
        }
    )  # fmt: skip


def names(policy: Policy, population: str) -> Sequence[str]:
    """Subjects by population."""
    return {
        "collection": lambda: [policy.collection.name],
        "views": lambda: [policy.source.view, policy.source.envelope],
        "envelope": lambda: [policy.source.envelope],
        "fields": lambda: list(policy.source.fields),
        "document": lambda: [*policy.source.fields, *map(axis, policy.source.groups)],
        "relations": lambda: relations(policy),
        "names": lambda: list(policy.names),
        "permitted": lambda: permitted(policy),
        "readers": lambda: [reader.hint for reader in policy.reading.readers],
        "sandbox": lambda: list(SUBJECTS),
    }[population]()


def exercises(_policy: Policy) -> tuple[()]:
    """No call by itself: those of the sandbox see what others before them did."""
    return ()
