"""Reads the catalog and the rows of governed tables: a handful of set-based queries, never one an object."""

from __future__ import annotations

import json
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import sql

from compliance.core import facts
from compliance.core.errors import CouldNotLook
from compliance.core.needs import split_name
from compliance.estate.reading import plain
from compliance.estate.resources import resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.core.needs import RowsNeed
    from compliance.estate.connection import Look

SECTIONS: dict[str, type[tuple[Any, ...]]] = {
    "server": facts.Server,
    "databases": facts.Database,
    "schemas": facts.Schema,
    "relations": facts.Relation,
    "columns": facts.Column,
    "constraints": facts.Constraint,
    "indexes": facts.Index,
    "functions": facts.Function,
    "triggers": facts.Trigger,
    "roles": facts.Role,
    "grants": facts.Grant,
    "executables": facts.Executable,
}
# Only where a rule judges it: text of every function is more than all the rest together.
ASKED: dict[str, type[tuple[Any, ...]]] = {"bodies": facts.Body}

# Made once: `json.dumps` with arguments makes an encoder for each row.
_spell = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode


class Read(NamedTuple):
    """A section, the query that was asked for it, and its facts or why there are none."""

    section: str
    query: str
    found: tuple[Any, ...] | CouldNotLook


def sections(*, bodies: bool) -> dict[str, type[tuple[Any, ...]]]:
    """What is looked at, and what of it is made."""
    return SECTIONS | ASKED if bodies else SECTIONS


def read_catalog(look: Look, roles: Iterable[str], *, bodies: bool = False) -> Iterator[Read]:
    """Every section of the catalog. One that cannot be read does not keep the others from being read."""
    wanted = sorted(roles)
    for name, fact in sections(bodies=bodies).items():
        path = f"sql/catalog/{name}.sql"
        params = {"roles": wanted} if name == "executables" else None
        try:
            rows = look.query(resource(path).read_bytes(), params)
        except CouldNotLook as error:
            yield Read(f"catalog.{name}", path, error)
        else:
            yield Read(f"catalog.{name}", path, tuple(fact(*row) for row in _frozen(rows)))


def read_rows(look: Look, need: RowsNeed) -> list[tuple[str, tuple[Any, ...]]]:
    """Rows of a governed table, values as JSON can hold them, each after its text as JSON.

    Sorted here, not by the server: columns of type json have no order there, and its collation is the estate's.
    """
    found = (tuple(map(plain, row)) for row in look.query(rows_query(need)))
    return sorted(((_spell(row), row) for row in found), key=itemgetter(0))


def rows_query(need: RowsNeed) -> sql.Composed:
    """The statement for it. Names and values come from policy and are quoted, so any will do.

    Values as literals: with parameters psycopg reads a `%` in a name as the beginning of a placeholder.
    """
    table = sql.Identifier(*split_name(need.relation))
    columns = sql.SQL(", ").join(map(sql.Identifier, need.columns))
    query = sql.SQL("select {} from {}").format(columns, table)
    if need.only is None:
        return query
    column, values = need.only
    kept = sql.SQL(" where {}::pg_catalog.text = any ({}::pg_catalog.text[])")
    return query + kept.format(sql.Identifier(column), sql.Literal(list(values)))


def _frozen(rows: list[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
    """Lists as tuples. Our queries give no NULL for an array, so the first row tells if there are any."""
    if not rows or not any(isinstance(value, list) for value in rows[0]):
        return rows
    return (tuple(tuple(v) if isinstance(v, list) else v for v in row) for row in rows)
