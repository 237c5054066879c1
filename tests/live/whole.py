"""The whole database as an independent look has it: every table, and schema, rights and functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

if TYPE_CHECKING:
    import psycopg

    from tests.live.worlds import World

CATALOGS = (
    "pg_am pg_attrdef pg_attribute pg_cast pg_collation pg_constraint pg_conversion pg_db_role_setting pg_default_acl"
    " pg_depend pg_description pg_enum pg_event_trigger pg_extension pg_foreign_server pg_index pg_inherits"
    " pg_largeobject_metadata pg_namespace pg_operator pg_policy pg_proc pg_publication pg_rewrite pg_sequence"
    " pg_statistic_ext pg_subscription pg_trigger pg_type"
)
# What vacuum and analyze write into the catalog by themselves.
_KEPT_BY_SERVER = "relpages reltuples relallvisible relallfrozen relfrozenxid relminmxid"
_TABLES = """
select pg_catalog.format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and (n.nspname, c.relname) <> ('public', %s) order by 1
"""
_CLASS = """
select string_agg(attname, ', ') from pg_attribute
where attrelid = 'pg_class'::regclass and attnum > 0 and attname <> all (string_to_array(%s, ' '))
"""


@dataclass(frozen=True)
class Database:
    """A digest of every table and of every catalog by name; of one table each row as text, by name."""

    rest: dict[str, str]
    rows: dict[str, str]
    governed: dict[str, tuple[Any, ...]]


def whole(db: psycopg.Connection, world: World) -> Database:
    """By its own queries: rows as PostgreSQL prints them, and schema, rights and functions as it keeps them."""
    tables = [name for (name,) in db.execute(_TABLES.replace("%I", "%%I"), [world.table]).fetchall()]
    assert len(tables) > 60
    columns = db.execute(_CLASS, [_KEPT_BY_SERVER]).fetchone()
    sources = {name: name for name in (*tables, *CATALOGS.split())}
    sources["pg_class"] = f"(select {columns[0] if columns else ''} from pg_class)"
    query = " union all ".join(
        f"select {number}, count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) from {source} t"
        for number, source in enumerate(sources.values())
    )
    found: dict[int, str] = dict(db.execute(query.encode()).fetchall())
    named = [sql.Identifier(name) for name in world.columns]
    rows = db.execute(
        sql.SQL("select {}, t::text, {} from {} t").format(
            named[0], sql.SQL(", ").join(named), sql.Identifier("public", world.table)
        )
    ).fetchall()
    return Database(
        {name: found[number] for number, name in enumerate(sources)},
        {row[0]: row[1] for row in rows}, {row[0]: tuple(row[2:]) for row in rows},
    )  # fmt: skip
