"""Is every row as it was, and every object and role? Digests, before and after what is to leave nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import psycopg
from psycopg import sql

from compliance.core.needs import split_name
from compliance.estate import connection as connecting
from compliance.estate.resources import resource
from compliance.executor import objects

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compliance.core.footprint import FactKey
    from compliance.executor.session import Session

# A row's image is some 70 bytes on the server, and a value there has at most 1 GB; what is larger is said.
LARGEST = 64 * 1024 * 1024
_IMAGE = (
    "select pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(pg_catalog.string_agg("
    "i.image, '' order by i.image collate \"C\"), ''), 'UTF8')), 'hex') from (select pg_catalog.encode("
    "pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.to_jsonb(t)::pg_catalog.text, 'UTF8')), 'hex') as image"
    " from only {} as t) as i"
)
# A name as it stands in JSON, without its quotation marks.
_SPEAKING = """
select pg_catalog.count(*)::pg_catalog.text from only {} as t
where exists (
    select from (select pg_catalog.to_jsonb(n)::pg_catalog.text from pg_catalog.unnest({}::text[]) as n) as j (x)
    where pg_catalog.strpos(
        pg_catalog.to_jsonb(t)::pg_catalog.text, pg_catalog.substr(x, 2, pg_catalog.length(x) - 2)) > 0)
"""


class Contents(NamedTuple):
    """Digests of all rows, by table; why others have none; where sequences stand; digests of objects and roles."""

    tables: dict[str, str]
    uncompared: dict[str, str]
    sequences: dict[str, int | None]
    objects: dict[FactKey, str]


def contents(s: Session, always: str) -> Contents:
    """As they are now, in a transaction of its own. `always`: a table that is compared however large it is."""
    tables, uncompared = {}, {}
    with s.transaction(keep=False):
        found = s.connection.execute(resource("sql/executor/tables.sql").read_bytes()).fetchall()
        for table, size in found:
            if size > LARGEST and table != always:
                uncompared[table] = f"{size // 1024**2} MB"
                continue
            try:
                with s.connection.transaction():
                    tables[table] = _one(s, sql.SQL(_IMAGE).format(_name(table)))
            except psycopg.Error as error:
                uncompared[table] = connecting.reason(error)
        found_objects = objects.whole(s) | objects.roles(s)  # which raises where the connection is lost
        return Contents(tables, uncompared, s.sequences(), found_objects)


def changed(before: Contents, after: Contents) -> list[str]:
    """Tables that are not what they were, or were not there, or are not there any more."""
    known = before.uncompared.keys() | after.uncompared.keys()
    return sorted({table for table, _ in before.tables.items() ^ after.tables.items()} - known)


def others(before: Contents, after: Contents) -> list[str]:
    """Objects of the catalog and roles that are not what they were: a table too that nobody may read."""
    return sorted({str(key) for key, _ in before.objects.items() ^ after.objects.items()})


def moved(before: Contents, after: Contents) -> dict[str, list[int | None]]:
    """Sequences that a rollback has left where they came to: from where to where."""
    return {
        name: [before.sequences.get(name), position]
        for name, position in sorted(after.sequences.items())
        if before.sequences.get(name) != position
    }


def speaking(s: Session, tables: Iterable[str], names: Iterable[str]) -> dict[str, int]:
    """How many rows hold one of these names, in whichever column; tables without such a row are left out."""
    found = {}
    with s.transaction(keep=False):
        for table in tables:
            query = sql.SQL(_SPEAKING).format(_name(table), sql.Literal(list(names)))
            found[table] = int(_one(s, query))
    return {table: count for table, count in found.items() if count}


def _name(table: str) -> sql.Identifier:
    return sql.Identifier(*split_name(table))


def _one(s: Session, query: sql.Composed) -> str:
    row = s.connection.execute(query).fetchone()
    return str(row[0]) if row else ""
