"""Flows and operations as rows, made without an estate, and what the rules over flows say of them."""

from __future__ import annotations

import copy
import inspect
import json
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import facts as f
from compliance.core.flows import FLOW_COLUMNS, OPERATION_COLUMNS, frozen
from compliance.core.observation import File, Observation, Provenance, Row, Seen
from compliance.estate import document
from compliance.estate.resources import resource
from compliance.systems import registry_sync
from compliance.systems.protocol import Facts
from compliance.systems.registry_sync import (
    addresses,
    chains,
    failing,
    identity,
    registering,
    revisions,
    secrets,
    unheard,
    values,
)
from compliance.systems.registry_sync.desired import desired

if TYPE_CHECKING:
    from compliance.core.finding import Judgement
    from compliance.systems.protocol import Rule
    from compliance.systems.registry_sync.policy import Policy

ORIGIN = Provenance("test", "", "2026-11-21T00:00:00+00:00", 0.0)
COMPOSE = resource("fixtures/reference/repository/docker-compose.yml").read_text(encoding="utf-8")
MODULES = (addresses, chains, failing, identity, registering, revisions, secrets, unheard, values)
RULES: dict[str, Rule] = {
    name: rule
    for module in MODULES
    for name, rule in inspect.getmembers(module, inspect.isfunction)
    if rule.__module__ == module.__name__ and list(inspect.signature(rule).parameters) == ["facts"]
}


@cache
def policy() -> Policy:
    place = resource("fixtures/reference/policy/registry_sync.yaml")
    return registry_sync.parse(document.load(place, resource("systems/registry_sync/policy.schema.json")))


class Op(NamedTuple):
    """An operation; `resolve` and `reject` are keys of others of its flow, or ids."""

    key: str
    type: str
    options: Any = frozenset()  # stands for an object without entries
    resolve: str | None = None
    reject: str | None = None


class World:
    """Rows that can be changed, and an estate around them that conforms."""

    def __init__(self) -> None:
        self.flows: list[dict[str, Any]] = []
        self.operations: list[dict[str, Any]] = []
        self.compose: str | None = COMPOSE
        self.revisions: list[tuple[str, str, Any]] | None = None
        self.required = True

    @classmethod
    def conforming(cls) -> World:
        """What policy declares."""
        world = cls()
        for flow in desired(policy(), (), ()):
            world.flows.append(dict(zip(FLOW_COLUMNS, copy.deepcopy(flow.row), strict=True)))
            world.operations += [
                dict(zip(OPERATION_COLUMNS, copy.deepcopy(o), strict=True)) for o in flow.operations
            ]
        return world

    def add(self, name: str, trigger: str, options: Any, *operations: Op, status: str = "active") -> World:
        """A flow that begins with the first of these."""
        keys = {op.key: f"{name}/{op.key}" for op in operations}
        root = keys[operations[0].key] if operations else None
        self.flows.append(
            dict(zip(FLOW_COLUMNS, (name, name, status, trigger, "all", options, root, None), strict=True))
        )
        for op in operations:
            links = (None if link is None else keys.get(link, link) for link in (op.resolve, op.reject))
            row = (
                keys[op.key],
                op.key,
                op.key,
                op.type,
                name,
                *links,
                {} if op.options == frozenset() else op.options,
                1,
                1,
            )
            self.operations.append(dict(zip(OPERATION_COLUMNS, row, strict=True)))
        return self

    def on(
        self, action: str, *operations: Op, collection: str = "orders", name: str = "F", **more: Any
    ) -> World:
        """A flow that begins at an event of a collection."""
        scope = {"type": "action", "scope": [f"items.{action}"], "collections": [collection], **more}
        return self.add(name, "event", scope, *operations)

    def called(self, name: str, *operations: Op) -> World:
        """A flow that others call."""
        return self.add(name, "operation", {"return": "$last"}, *operations)

    def flow(self, name: str) -> dict[str, Any]:
        return next(row for row in self.flows if row["name"] == name)

    def operation(self, flow: str, key: str) -> dict[str, Any]:
        owner = self.flow(flow)["id"]
        return next(row for row in self.operations if (row["flow"], row["key"]) == (owner, key))

    def observation(self) -> Observation:
        columns = tuple(
            f.Column("public", c.name, name, i, "text", not self.required, None, "", "")
            for c in policy().collections.values()
            for i, name in enumerate(c.columns)
        )
        tables = (*policy().collections, "system_issues", "orders", "lines")
        sections = {
            "rows:flows": tuple(Row(frozen(tuple(row[c] for c in FLOW_COLUMNS))) for row in self.flows),
            "rows:operations": tuple(
                Row(frozen(tuple(row[c] for c in OPERATION_COLUMNS))) for row in self.operations
            ),
            "catalog.columns": columns,
            "catalog.relations": tuple(f.Relation("public", t, "table", "o", False, None, ()) for t in tables),
            f"file:{policy().environment.file}": (File(policy().environment.file, self.compose),),
            "directus.revisions": tuple(
                f.Revision(item, table, frozen(data)) for item, table, data in self.saved()
            ),
        }
        return Observation("test", ORIGIN.at, {name: Seen(seen, ORIGIN) for name, seen in sections.items()})

    def saved(self) -> list[tuple[str, str, Any]]:
        """The last revision of each row: as the row is, unless a test says otherwise."""
        if self.revisions is not None:
            return self.revisions
        flows = [(str(row["id"]), "directus_flows", dict(row)) for row in self.flows]
        return flows + [(str(row["id"]), "directus_operations", dict(row)) for row in self.operations]

    def facts(self, *, recorded: bool = False) -> Facts:
        seen = self.observation()
        if recorded:
            seen = Observation.from_json(seen.to_json())
        return Facts("registry_sync", {"registry_sync": policy()}, seen)

    def says(self, rule: Rule) -> list[Judgement]:
        return list(rule(self.facts()))


def subjects(found: list[Judgement]) -> list[str]:
    return sorted({judgement.subject for judgement in found})


def jsons(value: Any) -> Any:
    """As JSON brings it: with lists, and nothing shared."""
    return json.loads(json.dumps(value))
