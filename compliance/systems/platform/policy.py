"""Policy of the platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from compliance.systems.platform.execution import Execution, parse_execution

if TYPE_CHECKING:
    from compliance.estate.document import Document


@dataclass(frozen=True, slots=True)
class Policy:
    """`oldest` and `newest`: major versions of PostgreSQL that this estate may run."""

    reviewed: bool
    oldest: int
    newest: int
    execution: Execution


def parse(document: Document) -> Policy:
    """Frozen values of a validated document."""
    versions = document.value["postgres"]
    if versions["oldest"] > versions["newest"]:
        raise document.error("postgres: oldest is newer than newest", "postgres", "oldest")
    return Policy(
        bool(document.value["reviewed"]), versions["oldest"], versions["newest"], parse_execution(document)
    )
