"""A view against the table that holds the same: one set-based query, in the snapshot of everything else.

Of the table's columns those are compared that the view has too. What no catalog could hold as it is, a table of ours
holds in another type, so a value of the view is compared as it is written there.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from psycopg import sql

from compliance.core.errors import CouldNotLook
from compliance.core.facts import Compared
from compliance.core.needs import split_name
from compliance.core.observation import Blind, Provenance, Seen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.core import needs
    from compliance.estate.connection import Look
    from compliance.estate.seeing import Section

# Types with an equality that tells all differences; what is not here is compared by its text. Of json there is none,
# of circles it is that of the area, of intervals that of 30 days and a month, of citext that of small letters.
_EQUAL = frozenset(
    {
        "boolean", "smallint", "integer", "bigint", "numeric", "real", "double precision", "text", "character varying",
        "character", "uuid", "date", "timestamp without time zone", "timestamp with time zone", "bytea", "jsonb",
    }
)  # fmt: skip
_MODIFIER = re.compile(r"\(\d+(?:,\s?-?\d+)?\)")
_COUNTS = sql.SQL("""\
select
    (select pg_catalog.count(*) from {view}) as view_rows,
    (select pg_catalog.count(*) from {table}) as table_rows,
    (select pg_catalog.count(*) from {view} as v
      where not exists (select from {table} as t where {same})) as missing,
    (select pg_catalog.count(*) from {table} as t
      where not exists (select from {view} as v where {same})) as extra,
    (select pg_catalog.count(*) from {view} as v join {table} as t on {same} where {other}) as differing""")


def section(look: Look, need: needs.Compared, at: str, columns: Section | None) -> Section:
    """The counts, or why there are none. `columns`: those of the catalog, from the same look."""
    query = f"compare {need.view} with {need.table}"
    started = time.perf_counter()
    try:
        row = look.query(counts(need, _types(need.view, columns), _types(need.table, columns)))[0]
    except CouldNotLook as error:
        seconds = round(time.perf_counter() - started, 6)
        return Blind(error.message, Provenance("postgres", query, at, seconds))
    seconds = round(time.perf_counter() - started, 6)
    return Seen((Compared(need.name, *row),), Provenance("postgres", query, at, seconds))


def counts(need: needs.Compared, view: Mapping[str, str], table: Mapping[str, str]) -> sql.Composed:
    """The statement. Names come from policy and catalog and are quoted. `view`, `table`: types by column.

    Parts of their own, so that the server computes no column of the view where the table is empty.
    """
    if lacking := [name for name in need.key if name not in view or name not in table]:
        raise CouldNotLook(f"{need.view} and {need.table} do not both have the column {', '.join(lacking)}")
    others = [name for name in table if name in view and name not in need.key]
    differ = [_pair(name, view, table, "is distinct from") for name in others]
    return _COUNTS.format(
        view=sql.Identifier(*split_name(need.view)),
        table=sql.Identifier(*split_name(need.table)),
        same=sql.SQL(" and ").join(_pair(name, view, table, "=") for name in need.key),
        other=sql.SQL(" or ").join(differ) if differ else sql.SQL("false"),
    )


def _types(relation: str, columns: Section | None) -> dict[str, str]:
    """Types by column, without lengths and precisions: what was cut off is another value anyway."""
    if not isinstance(columns, Seen):
        raise CouldNotLook(f"its columns are not known: {columns.reason if columns else 'nobody looked'}")
    where = split_name(relation)
    found = {c.name: _MODIFIER.sub("", c.type) for c in columns.facts if (c.schema, c.relation) == where}
    if not found:
        raise CouldNotLook(f"relation does not exist: {relation}")
    return found


def _pair(name: str, view: Mapping[str, str], table: Mapping[str, str], operator: str) -> sql.Composed:
    """Both values of a column, in a type that has an equality."""
    of_view, of_table = _spelled(view[name], table[name])
    return sql.SQL("({} {} {})").format(
        sql.SQL(of_view).format(sql.Identifier("v", name)),
        sql.SQL(operator),
        sql.SQL(of_table).format(sql.Identifier("t", name)),
    )


def _spelled(view: str, table: str) -> tuple[str, str]:
    """How the value of each side is written: as the table holds what the view gives."""
    if view == table and view.removesuffix("[]") in _EQUAL:
        return "{}", "{}"
    if table in ("json", "jsonb"):
        return "pg_catalog.to_jsonb({})", "{}::pg_catalog.jsonb"
    if (view, table) == ("timestamp with time zone", "timestamp without time zone"):
        return "({} at time zone 'UTC')", "{}"
    return "{}::pg_catalog.text", "{}::pg_catalog.text"
