"""The birth policy of the reference estate, and observations of rows that are damaged."""

from __future__ import annotations

import copy
from functools import cache
from typing import TYPE_CHECKING, Any

from compliance.core import facts
from compliance.core.observation import Observation, Provenance, Row, Seen
from compliance.estate import document
from compliance.estate.resources import resource
from compliance.systems import birth_scan
from compliance.systems.birth_scan import desired
from compliance.systems.protocol import Facts

if TYPE_CHECKING:
    from compliance.systems.birth_scan.policy import Policy

ORIGIN = Provenance("test", "", "2026-11-21T00:00:00+00:00", 0.0)
TOOLS = (
    "code", "name", "description", "status", "classification", "owner", "tier", "domain", "category", "trigger_type",
    "script_path", "cron_schedule", "token_type", "_dot_origin", "usage_count",
)  # fmt: skip
TABLES = {
    "dot_config": ("key", "value", "description"),
    "dot_tools": TOOLS,
    "directus_flows": ("options",),
    "directus_operations": ("options",),
}


@cache
def policy() -> Policy:
    return birth_scan.parse(
        document.load(
            resource("fixtures/reference/policy/birth_scan.yaml"),
            resource("systems/birth_scan/policy.schema.json"),
        )
    )


def columns(tools: tuple[str, ...] = TOOLS, **types: str) -> tuple[facts.Column, ...]:
    """The tables that are written; every column is text unless told (`value="jsonb"`)."""
    tables = {**TABLES, "dot_tools": tools}
    return tuple(
        facts.Column(
            "public", table, name, place, _type(table, name, types), True, None, identity="", generated=""
        )
        for table, names in tables.items()
        for place, name in enumerate(names, start=1)
    )


def _type(table: str, name: str, types: dict[str, str]) -> str:
    return types.get(name, "json" if table.startswith("directus") else "character varying(255)")


class Rows:
    """What an estate holds, as lists that may be changed: at first all that is declared."""

    def __init__(self, given: Policy | None = None, tools: tuple[str, ...] = TOOLS, **types: str) -> None:
        self.policy, self.columns = given or policy(), columns(tools, **types)
        side = desired.desired(self.policy)
        self.flows = [list(copy.deepcopy(row)) for row in side.flows]
        self.operations = [list(copy.deepcopy(row)) for row in side.operations]
        self.config = {key: row["value"] for key, row in desired.config(self.policy).items()}
        self.tools = [desired.tool_row(self.policy, self.columns)]

    def empty(self) -> Rows:
        self.flows, self.operations, self.config, self.tools = [], [], {}, []
        return self

    def facts(self) -> Facts:
        there = {column.name for column in self.columns if column.relation == "dot_tools"}
        named = next(name for name in desired.naming(self.policy.tool) if name in there)
        listed = desired.candidates(self.policy.tool)
        tools = [(tool[named], *(tool.get(name) for name in listed)) for tool in self.tools]
        sections: dict[str, Any] = {
            "rows:flows": self.flows,
            "rows:operations": self.operations,
            "rows:birth_config": sorted(self.config.items()),
            "rows:dot_tools": tools,
        }
        seen = {name: Seen(tuple(Row(tuple(row)) for row in rows), ORIGIN) for name, rows in sections.items()}
        seen["catalog.columns"] = Seen(self.columns, ORIGIN)  # type: ignore[arg-type]
        return Facts("birth_scan", {"birth_scan": self.policy}, Observation("test", ORIGIN.at, seen))
