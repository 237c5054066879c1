"""The reference policy and an observation that conforms to it, made without an estate."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from compliance.core import facts
from compliance.core.observation import Observation, Provenance, Row, Seen
from compliance.estate import document
from compliance.estate.resources import resource
from compliance.systems import command_catalog
from compliance.systems.protocol import Facts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from compliance.systems.command_catalog.policy import Policy

SCHEMA = resource("systems/command_catalog/policy.schema.json")
POLICY = resource("fixtures/reference/policy/command_catalog.yaml")
ORIGIN = Provenance("test", "", "2026-11-21T00:00:00+00:00", 0.0)


def parse(path: Path) -> Policy:
    return command_catalog.parse(document.load(path, SCHEMA))


@cache
def policy() -> Policy:
    return parse(POLICY)


def rows() -> list[tuple[Any, ...]]:
    """What a conforming catalog holds."""
    return [command.row for command in policy().commands.values()]


def observation(found: Iterable[tuple[Any, ...]]) -> Observation:
    """Rows of the catalog and the columns that they stand in."""
    columns = tuple(
        facts.Column("public", "dot_iu_command_catalog", column, i, kind, True, None, "", "")
        for i, (column, kind) in enumerate(
            zip(policy().rows.columns, ("text", "text", "boolean", "boolean", "text[]"), strict=True), 1
        )
    )
    return Observation(
        "test", ORIGIN.at,
        {
            policy().rows.section: Seen(tuple(map(Row, found)), ORIGIN),
            "catalog.columns": Seen(columns, ORIGIN),
        },
    )  # fmt: skip


def judged(found: Iterable[tuple[Any, ...]]) -> Facts:
    return Facts("command_catalog", {"command_catalog": policy()}, observation(found))
