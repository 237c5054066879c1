"""Objects of the catalog that a plan may write: what they are before and after, also where no fact tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from compliance.core import canonical
from compliance.core.footprint import FactKey, subject_of
from compliance.core.needs import split_name
from compliance.estate.resources import resource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compliance.core.observation import Observation
    from compliance.executor.session import Session

RELATIONS = "catalog.relations"
# PostgreSQL's own tables that a plan with objects may write. What stands in them is compared by `objects.sql`, but for
# what follows from the rest; of any other, nobody could tell whose it is: a role, a setting, a policy of rows, a cast.
CATALOGS = frozenset(
    f"pg_catalog.pg_{name}"
    for name in (
        "namespace", "class", "attribute", "attrdef", "constraint", "index", "trigger", "rewrite", "proc", "type",
        "description", "sequence", "inherits", "depend", "shdepend", "statistic",
    )
)  # fmt: skip


def tables(writes: Iterable[FactKey]) -> frozenset[str]:
    """The tables, as `schema.name`, that a plan makes, removes or changes as a whole, with others that are none."""
    return frozenset(key.subject for key in writes if key.section == RELATIONS and key.subject is not None)


def images(seen: Observation, writes: Iterable[FactKey], contents: dict[str, str]) -> dict[FactKey, str]:
    """Digest of what is seen under each key, with the rows of a table; a key of which nothing is there has none."""
    wanted: dict[FactKey, list[object]] = {key: [] for key in writes if key.of_object}
    for section in {key.section for key in wanted}:
        for fact in seen.read(section):
            if (key := FactKey(section, subject_of(fact))) in wanted:
                wanted[key].append(fact)
    return {key: _image(key, facts, contents) for key, facts in wanted.items() if facts}


def _image(key: FactKey, facts: list[object], contents: dict[str, str]) -> str:
    rows = contents.get(key.subject or "") if key.section == RELATIONS else None
    return canonical.digest(canonical.dumps([facts, rows] if rows else facts))


def contents(s: Session, seen: Observation, names: frozenset[str]) -> dict[str, str]:
    """Digest of all rows of those of these tables that hold any."""
    there = [f"{r.schema}.{r.name}" for r in seen.read(RELATIONS) if r.kind == "table"]
    found = {name: s.ask(_content(name))[0][0] for name in there if name in names}
    return {name: digest for name, digest in found.items() if digest is not None}


def _content(table: str) -> sql.Composed:
    return sql.SQL(
        "select pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.string_agg(row, ' ' order by row),"
        " 'UTF8')), 'hex') from (select pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to("
        "pg_catalog.to_jsonb(t)::pg_catalog.text, 'UTF8')), 'hex') collate \"C\" as row from {} as t) as rows"
    ).format(sql.Identifier(*split_name(table)))


def whole(s: Session) -> dict[FactKey, str]:
    """Digest of all that the catalog holds of each object of the estate."""
    found = s.ask(resource("sql/executor/objects.sql").read_bytes())
    return {FactKey(section, subject): image for section, subject, image in found}


def roles(s: Session) -> dict[FactKey, str]:
    """Digest of each role of the cluster, with its memberships."""
    found = s.ask(resource("sql/executor/roles.sql").read_bytes())
    return {FactKey("catalog.roles", role): image for role, image in found}
