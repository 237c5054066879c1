"""Steps that make objects of the catalog: each names all that it writes, sees in the catalog that it is there, and can
be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.change import Step
from compliance.core.footprint import FactKey
from compliance.core.needs import split_name
from compliance.core.sqltext import do_block, literal, raising

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from compliance.core.change import Hazard

TABLE = ("relations", "columns", "constraints", "indexes", "grants", "triggers")
VIEW = ("relations", "columns", "grants")
FUNCTION = ("functions", "bodies", "grants")


def keys(name: str, *kinds: str) -> frozenset[FactKey]:
    """Facts of these kinds about one object, which a name without a schema has too."""
    return frozenset(FactKey(f"catalog.{kind}", name) for kind in kinds)


def qualified(name: str) -> str:
    """With its schema, as facts are told."""
    return ".".join(split_name(name))


def step(
    title: str, deploy: Iterable[str], checks: Mapping[str, str], revert: Iterable[str],
    *, writes: frozenset[FactKey], reads: frozenset[FactKey] = frozenset(),
    hazards: Iterable[Hazard] = ("creates-object",), guarded: frozenset[FactKey] = frozenset(),
) -> Step:  # fmt: skip
    """`checks`: what must not be, by what is said where it is."""
    raised = [raising(condition, f"verify: {message}") for message, condition in checks.items()]
    verify = do_block("verify", "begin\n" + "\n".join(raised) + "\nend")
    return Step(
        title,
        "\n\n".join(deploy),
        verify,
        "\n\n".join(revert),
        frozenset(hazards),
        reads | writes,
        writes,
        guarded,
    )


def no_relation(name: str, kind: str, owner: str) -> str:
    """Is there no such relation of that owner? `kind`: r for a table, v for a view."""
    schema, relation = split_name(name)
    return (
        "not exists (select 1 from pg_catalog.pg_class as c\n"
        "        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace\n"
        f"        where n.nspname = {literal(schema)} and c.relname = {literal(relation)}\n"
        f"        and c.relkind = {literal(kind)} and pg_catalog.pg_get_userbyid(c.relowner) = {literal(owner)})"
    )


def columns_of(name: str) -> str:
    """What counts the columns of a relation; more conditions may follow."""
    schema, relation = split_name(name)
    return (
        "pg_catalog.pg_attribute as a\n"
        "        inner join pg_catalog.pg_class as c on c.oid = a.attrelid\n"
        "        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace\n"
        f"        where n.nspname = {literal(schema)} and c.relname = {literal(relation)}\n"
        "        and a.attnum > 0 and not a.attisdropped"
    )


def other_columns(name: str, columns: Mapping[str, str], *, exactly: bool) -> str:
    """Has it other columns than these, or of other types? Not `exactly`: it may have more."""
    pairs = ",\n".join(f"        ({literal(column)}, {literal(kind)})" for column, kind in columns.items())
    of = columns_of(name)
    missing = (
        f"(select count(*) from {of}\n"
        f"        and (a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod)) in (\n{pairs})) <>"
        f" {len(columns)}"
    )
    return f"{missing}\n        or (select count(*) from {of}) <> {len(columns)}" if exactly else missing
