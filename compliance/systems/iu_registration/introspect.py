"""What a package is made from, out of an observation or an open connection: one answer for both.

The fields of the governed collection are what the envelope says (document 002, section 2: the single source). The
columns of any other view, for whoever registers many, are introspected by the same rule from the catalog.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from compliance.core import facts
from compliance.core.errors import CouldNotLook
from compliance.core.needs import split_name
from compliance.core.observation import Observation
from compliance.core.sqltext import literal, relation
from compliance.core.viewcolumns import ViewColumns
from compliance.estate.resources import resource
from compliance.systems.iu_registration import looking

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from compliance.systems.iu_registration.policy import Policy

_PERMISSIONS = "directus_permissions"
_LINE = "\n"
# What is asked of Directus' own tables over a connection; a column that a version lacks is NULL.
COLUMNS = {
    "collections": ("collection",),
    "fields": ("id", "collection"),
    "permissions": ("id", "collection", "policy"),
    "policies": ("id",),
    "access": ("id", "policy"),
    "roles": ("id", "name"),
}


class Introspected(NamedTuple):
    """A row of the envelope, as document 002 has it; what it says of NULL is true of every column of a view."""

    name: str
    pg_type: str
    pg_udt: str
    is_nullable: str
    position: int
    group: str | None


class Connection(Protocol):
    """What psycopg and others offer."""

    def execute(self, query: Any, /) -> Any:
        """Something with `fetchall()`."""


Source = Observation | Connection
Row: TypeAlias = "Mapping[str, Any]"


@dataclass(frozen=True)
class Known:
    """All of it. What not every package needs is asked for when it is needed, and raises where it was not seen."""

    columns: ViewColumns
    kinds: Mapping[tuple[str, str], str]
    envelope: Callable[[Policy], Sequence[Sequence[Any]]]
    read: Callable[[Policy, str], Sequence[Row]]
    server: Callable[[], str | None]

    def rows(self, policy: Policy, table: str) -> Sequence[Row]:
        """Of one of Directus' own tables, by the names of its columns; version 10 has not all of them."""
        if (policy.directus, f"directus_{table}") not in self.kinds:
            return []
        return self.read(policy, table)

    def view(self, policy: Policy, collection: str) -> tuple[str, str]:
        """`schema, name` of the view behind a collection."""
        schema, name = split_name(policy.source.view)
        if collection != policy.collection.name:
            name = collection
        kind = self.kinds.get((schema, name))
        if kind != "view":
            found = "there is none" if kind is None else f"it is a {kind}"
            raise CouldNotLook(
                f"{schema}.{name}: a package is of a view, and {found}",
                remedy=_remedy(kind, governed=collection == policy.collection.name),
            )
        return schema, name

    def introspected(self, policy: Policy, collection: str) -> list[Introspected]:
        """The rows of the envelope, in the order of the view; never fewer than the view has columns."""
        schema, name = self.view(policy, collection)
        catalog = [
            Introspected(c.name, c.type, "", "YES", c.position, policy.source.group(c.name))
            for c in self.columns.columns(schema, name)
        ]
        if collection != policy.collection.name:
            return catalog
        rows = sorted((Introspected(*row) for row in self.envelope(policy)), key=lambda row: row.position)
        missing = [column.name for column in catalog if column.name not in {row.name for row in rows}]
        if missing:
            raise CouldNotLook(
                f"{policy.source.envelope} gives {len(rows)} of the {len(catalog)} columns of {schema}.{name}"
                f" ({missing[0]} is missing): information_schema hides what a role may not touch",
                remedy=f"grant select on {relation(f'{schema}.{name}')} to the role that looks, as `compliance role`"
                " does; where it may, correct the name of the view in the definition of the envelope",
            )
        return rows

    def version(self, policy: Policy) -> int:
        """10 where a permission is of a role, 11 where it is of a policy: as it runs, else by its tables."""
        running = (self.server() or "").partition(".")[0]
        if running.isdigit():
            return 10 if int(running) <= 10 else 11
        names = {column.name for column in self.columns.columns(policy.directus, _PERMISSIONS)}
        if not names & {"policy", "role"}:
            raise CouldNotLook(
                f"nothing tells the version of Directus: {policy.directus}.{_PERMISSIONS} has neither a column policy"
                " nor a column role",
                remedy="correct directus.schema in the policy",
            )
        return 11 if "policy" in names else 10


def _remedy(kind: str | None, *, governed: bool) -> str:
    if kind is not None:
        return (
            "name a view over it, with the columns that may be read: a table is served as what it is, writable"
        )
    if governed:
        return "the preparation that `compliance compile` gives makes a view that is missing"
    return "make the view first, or name one that is there"


def known(source: Source) -> Known:
    """Of an observation once, however many packages are made of it."""
    if not isinstance(source, Observation):
        return _of_connection(source)
    found = _remembered.get(id(source))
    if found is None:
        found = _remembered[id(source)] = _of_observation(source)
        weakref.finalize(source, _remembered.pop, id(source), None)
    return found


_remembered: dict[int, Known] = {}


def _of_observation(observation: Observation) -> Known:
    # Not the observation itself, which has to be forgotten when nobody else holds it.
    look = Observation(observation.estate, observation.observed_at, observation.sections)

    def rows(policy: Policy, table: str) -> list[Row]:
        section = f"rows:directus_{table}"
        need = next(need for need in looking.rows(policy) if need.section == section)
        return [dict(zip(need.all_columns, row.values, strict=True)) for row in look.read(section)]

    def server() -> str | None:
        try:
            return next((str(each.version) for each in look.read("directus.server")), None)
        except CouldNotLook:
            return None

    return _known(
        look.read("catalog.relations"), look.read("catalog.columns"), (),
        lambda _policy: [row.values for row in look.read(looking.ENVELOPE)], rows, server,
    )  # fmt: skip


def _of_connection(connection: Connection) -> Known:
    """Few queries, whatever the number of objects. A definition that it wrote is read as its search path is."""

    def query(text: str) -> list[tuple[Any, ...]]:
        try:
            return [tuple(row) for row in connection.execute(text).fetchall()]
        except Exception as problem:  # whichever driver it is of
            raise CouldNotLook(
                f"the connection could not look: {str(problem).partition(_LINE)[0]}",
                remedy="give one whose role may read the catalog, the envelope and the tables of Directus",
            ) from problem

    def of(name: str) -> list[tuple[Any, ...]]:
        return query(resource(f"sql/catalog/{name}.sql").read_text(encoding="utf-8"))

    def rows(policy: Policy, table: str) -> list[Row]:
        names = COLUMNS[table]
        asked = ", ".join(f"pg_catalog.to_jsonb(t) ->> {literal(name)}" for name in names)
        found = query(f"select {asked} from {relation(f'{policy.directus}.directus_{table}')} as t")  # noqa: S608
        return [dict(zip(names, row, strict=True)) for row in found]

    def envelope(policy: Policy) -> list[tuple[Any, ...]]:
        return query(f"select {', '.join(looking.ENVELOPE_COLUMNS)} from {relation(policy.source.envelope)}")  # noqa: S608

    (path,) = query("select pg_catalog.current_schemas(true)")[0]
    relations, columns = of("relations"), of("columns")
    return _known(
        [facts.Relation(*row) for row in relations], [facts.Column(*row) for row in columns], path, envelope, rows,
        lambda: None,
    )  # fmt: skip


def _known(
    relations: Sequence[facts.Relation],
    columns: Sequence[facts.Column],
    path: Sequence[str],
    envelope: Callable[[Policy], Sequence[Sequence[Any]]],
    read: Callable[[Policy, str], Sequence[Row]],
    server: Callable[[], str | None],
) -> Known:
    kinds = {(each.schema, each.name): each.kind for each in relations}
    return Known(ViewColumns(relations, columns, path), kinds, envelope, read, server)
