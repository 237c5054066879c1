"""The reference registration as facts, made without an estate, in which anything may be another way."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from compliance.core import facts
from compliance.core.finding import Finding
from compliance.core.needs import split_name
from compliance.core.observation import Blind, File, Observation, Provenance, Row, Seen
from compliance.estate import document
from compliance.estate.resources import resource
from compliance.systems import iu_registration
from compliance.systems.iu_registration import desired, looking, projecting, types
from compliance.systems.protocol import Facts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Rule

ORIGIN = Provenance("test", "", "2026-11-22T00:00:00+00:00", 0.0)
UNAVAILABLE = Blind("declared unavailable", ORIGIN, unavailable=True)
COMPOSE = "services:\n  directus:\n    environment:\n      DB_USER: {user}\n      DB_SEARCH_PATH: '{path}'\n"
OTHERS = "00000000-0000-4000-8000-00000000000"
ASKS = "SELECT column_name FROM information_schema.columns"


@cache
def policy() -> Policy:
    return iu_registration.parse(
        document.load(
            resource("fixtures/reference/policy/iu_registration.yaml"),
            resource("systems/iu_registration/policy.schema.json"),
        )
    )


def projected() -> Policy:
    """The same, served by a table."""
    where = replace(policy().serving, mode="projection", schema="", table="public.iu_projected")
    return replace(policy(), serving=where, collection=replace(policy().collection, name="iu_projected"))


class World:
    """Sections as lists that may be changed; at first all is as declared. `by_role`: a Directus 10."""

    def __init__(self, wanted: Policy | None = None, *, by_role: bool = False) -> None:
        self.policy = wanted or policy()
        self.by_role = by_role
        self.path, self.user = "array:public,directus_shadow", self.policy.database_role
        source, keyed = self.policy.source, self.policy.keyed
        self.sections: dict[str, list[Any] | Blind] = {
            "catalog.server": [facts.Server(180000, "estate", "probe", False, "UTF8", "1")],
            "catalog.schemas": [facts.Schema(n, source.owner) for n in ("public", "directus_shadow")],
            "catalog.relations": [relation(source.view, "view", "SELECT 1"), relation(source.envelope, "view", ASKS)],
            "catalog.columns": [
                column(source.view, f.name, n, f.type) for n, f in enumerate(source.fields.values(), 1)
            ],
            "catalog.constraints": [], "catalog.triggers": [], "catalog.functions": [], "catalog.bodies": [],
            "catalog.executables": [],
            "catalog.roles": [role(n) for n in ("probe", self.policy.database_role, source.owner)],
            "catalog.grants": [
                facts.Grant("schema", n, "public", "USAGE", False) for n in ("public", "directus_shadow")
            ],
            looking.ENVELOPE: [
                Row((f.name, *(types.told(f.type) or (f.type, f.type)), "YES", n, f.group))
                for n, f in enumerate(source.fields.values(), 1)
            ],
            looking.ITEMS: [facts.Served(self.policy.collection.name, 200)],
            "directus.server": UNAVAILABLE,
        }  # fmt: skip
        for name in filter(None, (source.view, keyed)):
            self.grant(name, self.policy.database_role, "SELECT")
            self.grant(name, "probe", "SELECT")
        if keyed:
            self._keyed(keyed)
        self._directus()

    def _keyed(self, keyed: str) -> None:
        spelled = types.shadow_type if self.policy.serving.mode == "shadow" else types.projected_type
        schema, name = split_name(keyed)
        key = (self.policy.source.key,)
        self.of("catalog.relations").append(relation(keyed, "table"))
        self.of("catalog.constraints").append(
            facts.Constraint(schema, name, "pk", "primary key", key, None, "", "PRIMARY KEY")
        )
        self.of("catalog.columns").extend(
            column(keyed, f.name, n, spelled(f.type))
            for n, f in enumerate(self.policy.source.fields.values(), 1)
        )
        self.sections[looking.COMPARED] = [facts.Compared("iu_served", 4, 0, 4, 0, 0)]
        if self.policy.serving.mode == "projection":
            self._kept()

    def _kept(self) -> None:
        """The function that keeps it; the view of these facts is made of no table, so no trigger is due."""
        schema, name = split_name(projecting.unquoted(self.policy))
        self.of("catalog.functions").append(
            facts.Function(
                schema, name, (), "trigger", "function", "plpgsql", "volatile", self.policy.source.owner,
                True, projecting.PATH, "",
            )
        )  # fmt: skip
        self.of("catalog.bodies").append(
            facts.Body(schema, name, (), "plpgsql", projecting.source(self.facts()))
        )

    def _directus(self) -> None:
        schema, reading = self.policy.directus, self.policy.reading
        tables = ["collections", "fields", "permissions", "roles", "policies", "access"]
        for name in tables[: 4 if self.by_role else None]:
            self.of("catalog.relations").append(relation(f"{schema}.directus_{name}", "table"))
        keyed = "role" if self.by_role else "policy"
        self.of("catalog.columns").append(column(f"{schema}.directus_permissions", keyed, 1, "uuid"))
        ids = {reader.role: f"{OTHERS}{n}" for n, reader in enumerate(reading.readers, 1)}
        self.rows(looking.ROLES, *({"id": i, "name": n, "admin_access": False} for n, i in ids.items()))
        if self.by_role:
            for section in (looking.POLICIES, looking.ACCESS):
                self.sections[section] = Blind("relation does not exist", ORIGIN)
        for section in (looking.PERMISSIONS, looking.COLLECTIONS, looking.FIELDS):
            self.rows(section)
        judged = self.facts()
        self.rows(looking.COLLECTIONS, desired.collection(judged) or {})
        self.rows(
            looking.FIELDS,
            *({"id": n, **row} for n, row in enumerate(desired.fields(judged).values(), 1)),
        )
        self.rows(looking.FIELDS_OF, {"collection": self.policy.collection.name})
        self.rows(looking.PERMISSIONS, *({"id": n, **r} for n, r in enumerate(desired.permissions(judged), 1)))
        if not self.by_role:
            self.rows(looking.POLICIES, desired.access_policy(judged) or {})
            self.rows(
                looking.ACCESS,
                *({**row, "sort": n} for n, row in enumerate(desired.access(judged).values(), 1)),
            )

    def of(self, section: str) -> list[Any]:
        """The facts of a section that is seen."""
        found = self.sections[section]
        assert isinstance(found, list)
        return found

    def rows(self, section: str, *rows: Any) -> None:
        """What a section of rows holds, each by the names of its columns."""
        need = next(need for need in looking.rows(self.policy) if need.section == section)
        self.sections[section] = [Row(tuple(row.get(c) for c in need.all_columns)) for row in rows]

    def add(self, section: str, **row: Any) -> None:
        """One more."""
        need = next(need for need in looking.rows(self.policy) if need.section == section)
        self.of(section).append(Row(tuple(row.get(c) for c in need.all_columns)))

    def grant(self, thing: str, grantee: str, privilege: str, kind: str = "relation") -> None:
        self.sections.setdefault("catalog.grants", [])
        self.of("catalog.grants").append(facts.Grant(kind, thing, grantee, privilege, False))

    def replace(self, section: str, old: Any, **changes: Any) -> None:
        """One fact in another way."""
        held = self.of(section)
        held[held.index(old)] = old._replace(**changes)

    def facts(self) -> Facts:
        place = self.policy.environment.file
        text = COMPOSE.format(user=self.user, path=self.path)
        sections = {
            name: f if isinstance(f, Blind) else Seen(tuple(f), ORIGIN) for name, f in self.sections.items()
        }
        sections[f"file:{place}"] = Seen((File(place, text),), ORIGIN)
        found = Observation("test", ORIGIN.at, sections)
        return Facts("iu_registration", {"iu_registration": self.policy}, found)

    def found(self, rule: Rule) -> list[tuple[str, str | None]]:
        """Subject and facet of each finding."""
        return [(j.subject, j.facet) for j in rule(self.facts()) if isinstance(j, Finding)]


def relation(qualified: str, kind: str, definition: str | None = None, *options: str) -> facts.Relation:
    return facts.Relation(*split_name(qualified), kind, "estate_owner", False, definition, (), options)


def column(qualified: str, name: str, position: int, kind: str) -> facts.Column:
    return facts.Column(*split_name(qualified), name, position, kind, True, None, "", "")


def role(name: str, *member_of: str, superuser: bool = False) -> facts.Role:
    return facts.Role(name, superuser, False, False, False, False, True, member_of)


def function(name: str, *, definer: bool = False, language: str = "sql") -> facts.Function:
    return facts.Function(
        *split_name(name), (), "text", "function", language, "stable", "estate_owner", definer, None, ""
    )


def facets(found: Iterable[tuple[str, str | None]]) -> set[str | None]:
    return {facet for _, facet in found}
