"""Steps that make objects of the catalog, and name them as the fence asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from compliance.core.change import Step
from compliance.core.footprint import FactKey
from compliance.core.sqltext import do_block, literal
from tests.live.calling_estate import Site

if TYPE_CHECKING:
    from collections.abc import Iterable

MAKES: frozenset[Any] = frozenset({"creates-object", "grants"})
TABLE = "public.dot_config"
VIEW = "public.seen_keys"
SHADOW, KEPT = "behind.shadow", "behind.kept"
KEEP, ALL = "behind.keep()", ("relations", "columns", "constraints", "indexes", "grants", "triggers")


def keys(name: str, *kinds: str) -> frozenset[FactKey]:
    """Facts of these kinds about one object."""
    return frozenset(FactKey(f"catalog.{kind}", name) for kind in kinds)


def step(
    title: str, deploy: str, revert: str, writes: Iterable[FactKey], *, there: str = "true", **more: Any
) -> Step:
    check = f"begin if not ({there}) then raise 'verify: it is not there'; end if; end"
    hazards = more.pop("hazards", MAKES)
    return Step(
        title, deploy, do_block("verify", check), revert, hazards, frozenset(), frozenset(writes), **more
    )


def exists(name: str) -> str:
    return f"pg_catalog.to_regclass({literal(name)}) is not null"


def view(columns: str = "key") -> Step:
    deploy = f"create or replace view {VIEW} as select {columns} from {TABLE};\n"
    return step(
        "make a view", deploy + f"grant select on {VIEW} to directus_app;", f"drop view if exists {VIEW};",
        keys(VIEW, "relations", "columns", "grants"), there=exists(VIEW),
    )  # fmt: skip


def shadow() -> Step:
    """A schema, with an empty table that has a key."""
    deploy = f"""
        create schema if not exists behind;
        grant usage on schema behind to directus_app;
        create table if not exists {SHADOW} (key text primary key, value jsonb);
        grant select on {SHADOW} to directus_app;
    """
    writes = keys("behind", "schemas", "grants") | keys(SHADOW, *ALL)
    return step(
        "make a shadow", deploy, f"drop table if exists {SHADOW}; drop schema if exists behind;", writes,
        there=exists(SHADOW),
    )  # fmt: skip


def kept() -> Step:
    """A table that is kept equal to another one: its rows follow from that."""
    copy = (
        f"insert into {KEPT} (key, value) select c.key, c.value from {TABLE} as c on conflict (key) do nothing;"
    )
    deploy = f"""
        create table if not exists {KEPT} (key text primary key, value text);
        {copy}
        create or replace function behind.keep() returns trigger language plpgsql security definer
        set search_path = pg_catalog, pg_temp as $keep$
        begin
            delete from {KEPT};  -- a semicolon; in a comment
            {copy}
            return null;
        end $keep$;
        revoke execute on function behind.keep() from public;
        create or replace trigger keep after insert or update or delete on {TABLE} execute function behind.keep();
    """
    revert = f"""
        drop trigger if exists keep on {TABLE};
        drop function if exists behind.keep();
        drop table if exists {KEPT};
    """
    writes = keys(KEPT, *ALL) | keys(KEEP, "functions", "grants") | keys(TABLE, "triggers")
    guarded = keys(KEPT, "relations")
    return step("make a copy", deploy, revert, writes, there=exists(KEPT), guarded=guarded)


class Objects(Site):
    """An estate, and what its catalog holds."""

    @property
    def database(self) -> str:
        """Its name, which differs by worker."""
        return str(psycopg.conninfo.conninfo_to_dict(self.dsn("estate_owner"))["dbname"])

    def do(self, *statements: str, role: str = "estate_owner") -> None:
        with psycopg.connect(self.dsn(role), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def one(self, query: str) -> Any:
        with psycopg.connect(self.dsn("estate_owner")) as connection:
            row = connection.execute(query.encode()).fetchone()
        return row and row[0]

    def there(self, name: str) -> bool:
        return bool(self.one(f"select {exists(name)}"))
