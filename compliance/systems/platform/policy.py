"""Policy of the platform."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compliance.core.flows import FLOW_COLUMNS, OPERATION_COLUMNS
from compliance.core.needs import RowsNeed
from compliance.systems.platform.execution import Execution, parse_execution
from compliance.systems.platform.profiles import parse_profiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.core.gates import Profile
    from compliance.estate.document import Document


@dataclass(frozen=True, slots=True)
class Directus:
    """Where Directus keeps its tables. `addresses`: all at which it answers, empty where that is not declared."""

    schema: str
    addresses: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[RowsNeed, ...]:
        """Its flows and their operations, which the rules of several systems judge."""
        return (
            RowsNeed("flows", f"{self.schema}.directus_flows", FLOW_COLUMNS),
            RowsNeed("operations", f"{self.schema}.directus_operations", OPERATION_COLUMNS),
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """`oldest` and `newest`: major versions of PostgreSQL that this estate may run. `directus`: None without one.
    `max_age`: how old evidence may be when it is judged, by kind; see `core/aging.py`.
    `profiles`: see `core/gates.py`."""

    reviewed: bool
    oldest: int
    newest: int
    execution: Execution
    directus: Directus | None
    max_age: Mapping[str, str] = field(default_factory=dict)
    profiles: Mapping[str, Profile] = field(default_factory=dict)


def parse(document: Document) -> Policy:
    """Frozen values of a validated document."""
    versions = document.value["postgres"]
    if versions["oldest"] > versions["newest"]:
        raise document.error("postgres: oldest is newer than newest", "postgres", "oldest")
    directus = document.value.get("directus")
    return Policy(
        reviewed=bool(document.value["reviewed"]),
        oldest=versions["oldest"],
        newest=versions["newest"],
        execution=parse_execution(document),
        directus=Directus(directus["schema"], tuple(directus.get("addresses", ()))) if directus else None,
        max_age=document.value.get("evidence", {}).get("max_age", {}),
        profiles=parse_profiles(document),
    )
