"""Steps that make objects of the catalog: each names all that it writes, sees in the catalog that it is there, and can
be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.change import Step
from compliance.core.footprint import FactKey
from compliance.core.needs import split_name
from compliance.core.sqltext import do_block, literal, raising, relation
from compliance.systems.iu_registration import found

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from compliance.core.change import Hazard
    from compliance.systems.protocol import Facts

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


def standing(facts: Facts) -> str:
    """What refuses to take away what a registration needs, while there is one: Directus would answer every request to
    it with an error. Empty where there is one already: then what is made was lacking, and so it may again."""
    policy, of = facts.policy, facts.policy.collection.name
    if any(row["collection"] == of for row in [*found.collections(facts), *found.fields(facts)]):
        return ""
    remedy = f"{of} is still registered; take the registration back first (its receipt, or state: disabled)"
    checks = [
        raising(
            f"exists (select 1 from {relation(f'{policy.directus}.{table}')} as c where c.collection = {literal(of)})",
            f"REFUSED: {policy.directus}.{table} holds rows: {remedy}",
        )
        for table in ("directus_collections", "directus_fields")
    ]  # fmt: skip
    return do_block("refused", "begin\n" + "\n".join(checks) + "\nend")


def unlike(name: str, tag: str) -> str:
    """What refuses to go on where a table has what no facts tell and what would not come back with it."""
    oid = f"pg_catalog.to_regclass({literal(relation(name))})"
    of_table = {
        "a comment": f"pg_catalog.pg_description as d where d.classoid = 'pg_catalog.pg_class'::regclass"
        f" and d.objoid = {oid}",
        "a persistence, settings, a place, row security or a replica identity of its own":
        f"pg_catalog.pg_class as c where c.oid = {oid} and (c.relpersistence <> 'p' or c.reloptions is not null"
        " or c.reltablespace <> 0 or c.relrowsecurity or c.relforcerowsecurity or c.relreplident <> 'd')",
        "a column with a collation, settings, a storage or statistics of its own":
        "pg_catalog.pg_attribute as a inner join pg_catalog.pg_type as t on t.oid = a.atttypid"
        f" where a.attrelid = {oid} and a.attnum > 0 and not a.attisdropped"
        " and (a.attcollation <> t.typcollation or a.attoptions is not null or a.attstorage <> t.typstorage"
        " or a.attcompression <> '' or coalesce(a.attstattarget, -1) <> -1)",
        "an index beside its key, or one with settings":
        "pg_catalog.pg_index as i inner join pg_catalog.pg_class as c on c.oid = i.indexrelid"
        f" where i.indrelid = {oid} and (not i.indisprimary or c.reloptions is not null)",
        "a policy of row security": f"pg_catalog.pg_policy as o where o.polrelid = {oid}",
    }  # fmt: skip
    checks = [
        raising(
            f"exists (select 1 from {rows})", f"{tag}: {name} has {what}, which would not come back with it"
        )
        for what, rows in of_table.items()
    ]
    return do_block(tag.lower(), "begin\n" + "\n".join(checks) + "\nend")


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
