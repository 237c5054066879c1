"""Views and a Directus that an observation would hold, made without an estate; and the reference policy."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from compliance.core import facts
from compliance.core.observation import Observation, Provenance, Row, Seen
from compliance.core.sqltext import name as quoted
from compliance.estate import document
from compliance.estate.resources import resource
from compliance.systems import iu_registration
from compliance.systems.iu_registration import looking
from compliance.systems.iu_registration.introspect import COLUMNS
from compliance.systems.iu_registration.policy import Serving

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compliance.systems.iu_registration.policy import Policy

ORIGIN = Provenance("test", "", "2026-11-22T00:00:00+00:00", 0.0)
ROLES = {"Administrator": "r-1", "Viewer": "r-2", "Editor": "r-3"}
Columns = list[tuple[str, str]]


@cache
def reference() -> Policy:
    return iu_registration.parse(
        document.load(
            resource("fixtures/reference/policy/iu_registration.yaml"),
            resource("systems/iu_registration/policy.schema.json"),
        )
    )


def policy(mode: str = "shadow", view: str = "v", key: str = "id") -> Policy:
    """The reference's, of a view of this name."""
    found = reference()
    schema = found.serving.schema if mode == "shadow" else ""
    return replace(
        found,
        source=replace(found.source, view=f"public.{view}", key=key),
        collection=replace(found.collection, name=view),
        serving=replace(Serving(mode), schema=schema),  # type: ignore[arg-type]
    )


def relation(name: str, kind: str, definition: str | None = None, schema: str = "public") -> facts.Relation:
    given: dict[str, Any] = {
        "schema": schema, "name": name, "kind": kind, "owner": "o", "row_security": False, "definition": definition,
        "parents": (),
    }  # fmt: skip
    return facts.Relation(**{**dict.fromkeys(facts.Relation._fields), **given})


def columns(of: str, its: Columns, *, nullable: bool = True) -> list[facts.Column]:
    return [
        facts.Column("public", of, name, place, kind, nullable, None, "", "")
        for place, (name, kind) in enumerate(its, 1)
    ]


def information(kind: str) -> tuple[str, str]:
    """data_type and udt_name, of the types that tests use."""
    plain = kind.partition("(")[0]
    return ("ARRAY", f"_{plain.removesuffix('[]')}") if plain.endswith("[]") else (plain, plain)


def envelope(its: Columns, policy_: Policy) -> list[tuple[Any, ...]]:
    return [
        (name, *information(kind), "YES", place, policy_.source.group(name))
        for place, (name, kind) in enumerate(its, 1)
    ]


def observation(
    its: Columns,
    policy_: Policy,
    *,
    rows: Sequence[tuple[Any, ...]] | None = None,
    keyed_by: str = "policy",
    roles: Sequence[tuple[str, str]] = tuple((i, n) for n, i in ROLES.items()),
    more: Sequence[facts.Relation] = (),
    held: dict[str, list[dict[str, Any]]] | None = None,
) -> Observation:
    """A table `base` of these columns, none of which is NULL, and the view of the policy over it.

    `rows`: of the envelope; `keyed_by`: how this Directus keys permissions; `held`: rows of its tables.
    """
    view = policy_.collection.name
    definition = f" SELECT {', '.join(quoted(name) for name, _ in its)}\n   FROM public.base;"
    directus = [(f"directus_{table}", "table") for table in COLUMNS]
    sections: dict[str, tuple[Any, ...]] = {
        "catalog.relations": (
            relation("base", "table"), relation(view, "view", definition),
            *(relation(name, kind) for name, kind in directus), *more,
        ),
        "catalog.columns": (
            *columns("base", its, nullable=False), *columns(view, its),
            *columns("directus_permissions", [("id", "integer"), (keyed_by, "uuid")]),
        ),
        looking.ENVELOPE: tuple(map(Row, envelope(its, policy_) if rows is None else rows)),
    }  # fmt: skip
    held = {"roles": [{"id": i, "name": n} for i, n in roles], **(held or {})}
    for need in looking.rows(policy_):
        if need.section != looking.ENVELOPE:
            of = held.get(need.name.removeprefix("directus_"), [])
            sections[need.section] = tuple(Row(tuple(row.get(name) for name in need.all_columns)) for row in of)
    return Observation("test", ORIGIN.at, {name: Seen(found, ORIGIN) for name, found in sections.items()})
