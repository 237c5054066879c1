"""The shadow: an empty table of the view's name, in a schema behind that of the view (FACTS, 'Views as collections').

Directus knows the key and the columns by it, and reads rows from the view, which the search path finds first. So its
columns have the types that Directus has to report, and it holds no row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.errors import Refused
from compliance.core.needs import split_name
from compliance.core.sqltext import do_block, literal, name, raising, relation
from compliance.systems.iu_registration import types
from compliance.systems.iu_registration.objects import (
    TABLE,
    keys,
    no_relation,
    other_columns,
    qualified,
    standing,
    step,
    unlike,
)
from compliance.systems.iu_registration.source import columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.change import Hazard, Step
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts

# A running Directus goes on asking for the columns that it has read, also for one that is gone.
_MADE: tuple[Hazard, ...] = ("creates-object", "reloads-runtime")


def steps(facts: Facts) -> Iterator[Step]:
    """The schema and the table, or what makes the table follow a view that has changed."""
    policy: Policy = facts.policy
    schemas = {schema.name for schema in facts.read("catalog.schemas")}
    want, there = wanted(facts), {name: c.type for name, c in columns(facts, policy.keyed).items()}
    if policy.serving.schema not in schemas:
        yield _schema(policy, standing(facts))
    if not there:
        yield made(policy, want, standing(facts))
    elif want != there:
        yield _followed(facts, want)


def wanted(facts: Facts) -> dict[str, str]:
    """Columns and their types: of the view, or where that is only now made, as policy declares it."""
    policy: Policy = facts.policy
    there = {name: column.type for name, column in columns(facts, policy.source.view).items()}
    declared = {field.name: field.type for field in policy.source.fields.values()}
    return {column: types.shadow_type(kind) for column, kind in (there or declared).items()}


def _schema(policy: Policy, refused: str) -> Step:
    schema = policy.serving.schema
    gone = f"not exists (select 1 from pg_catalog.pg_namespace as n where n.nspname = {literal(schema)})"
    return step(
        f"make the schema {schema}",
        [f"create schema if not exists {name(schema)};"],
        {f"there is no schema {schema}": gone},
        # Without CASCADE: what somebody else has put there keeps it.
        [*filter(None, [refused]), f"drop schema if exists {name(schema)};"],
        writes=keys(schema, "schemas", "grants"),
    )  # fmt: skip


def made(policy: Policy, want: Mapping[str, str], refused: str = "") -> Step:
    """The table, with columns of these types. `refused`: what keeps it from being taken back."""
    table = relation(policy.keyed)
    listed = ",\n".join(f"    {name(column)} {kind}" for column, kind in want.items())
    return step(
        f"make the shadow {policy.keyed}",
        [f"create table if not exists {table} (\n{listed},\n    primary key ({name(policy.source.key)})\n);"],
        _checks(policy, want),
        [*filter(None, [refused]), f"drop table if exists {table};"],
        writes=keys(qualified(policy.keyed), *TABLE),
        reads=keys(qualified(policy.source.view), "relations", "columns"),
        hazards=_MADE,
    )  # fmt: skip


def _checks(policy: Policy, want: Mapping[str, str]) -> dict[str, str]:
    table = policy.keyed
    schema, of = split_name(table)
    key = (
        "not exists (select 1 from pg_catalog.pg_constraint as o\n"
        "        inner join pg_catalog.pg_class as c on c.oid = o.conrelid\n"
        "        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace\n"
        f"        where n.nspname = {literal(schema)} and c.relname = {literal(of)} and o.contype = 'p'\n"
        f"        and pg_catalog.pg_get_constraintdef(o.oid) = "
        f"'PRIMARY KEY (' || pg_catalog.quote_ident({literal(policy.source.key)}) || ')')"
    )
    return {
        f"{table} is not a table of {policy.source.owner}": no_relation(table, "r", policy.source.owner),
        f"{table} has not the columns of the view": other_columns(table, want, exactly=True),
        f"the key of {table} is not {policy.source.key}": key,
        f"{table} holds rows": f"exists (select 1 from {relation(table)} as t)",
    }


def _followed(facts: Facts, want: Mapping[str, str]) -> Step:
    """An empty table: columns come and go, and the way back puts each where it was."""
    policy: Policy = facts.policy
    there = {name: column.type for name, column in columns(facts, policy.keyed).items()}
    check_plain(facts)
    table = relation(policy.keyed)
    gone = [column for column in there if column not in want]
    deploy = [
        _empty(policy, "preflight"),
        *([unlike(policy.keyed, "preflight")] if gone else []),
        *(f"alter table {table} drop column if exists {name(column)};" for column in gone),
        *_differing(table, want, there),
        *(f"alter table {table} add column if not exists {name(c)} {want[c]};" for c in want if c not in there),
    ]
    added = [f"alter table {table} drop column if exists {name(c)};" for c in want if c not in there]
    revert = [_empty(policy, "REFUSED"), *added, *_differing(table, there, want), *_back(policy, there, gone)]
    return step(
        f"make the shadow {policy.keyed} follow {policy.source.view}", deploy, _checks(policy, want), revert,
        writes=keys(qualified(policy.keyed), *TABLE),
        reads=keys(qualified(policy.source.view), "relations", "columns"),
        hazards=(*_MADE, "drops-object") if gone else _MADE,
    )  # fmt: skip


def _differing(table: str, want: Mapping[str, str], there: Mapping[str, str]) -> Iterator[str]:
    for column in want:
        if column in there and want[column] != there[column]:
            yield (
                f"alter table {table} alter column {name(column)} type {want[column]}"
                f" using null::{want[column]};"
            )


def _back(policy: Policy, there: Mapping[str, str], gone: list[str]) -> Iterator[str]:
    """From the first that was taken away on, each column is made anew, so that all stand in their order again."""
    if not gone:
        return
    table, listed = relation(policy.keyed), list(there)
    again = listed[listed.index(gone[0]) :]
    yield from (f"alter table {table} drop column if exists {name(column)};" for column in again)
    yield from (f"alter table {table} add column {name(column)} {there[column]};" for column in again)
    if policy.source.key in again:
        yield f"alter table {table} add primary key ({name(policy.source.key)});"


def check_plain(facts: Facts) -> None:
    """Nothing but columns and the key that we would have made ourselves, or the way back would lose it."""
    policy: Policy = facts.policy
    where = split_name(policy.keyed)
    key = policy.source.key
    odd = [
        f"{c.name} has a default"
        for c in columns(facts, policy.keyed).values()
        if c.default or c.identity or c.generated
    ]
    odd += [
        f"{c.name} may not be null"
        for c in columns(facts, policy.keyed).values()
        if not c.nullable and c.name != key
    ]
    odd += [
        f"it has a constraint {c.name}" for c in facts.read("catalog.constraints")
        if (c.schema, c.relation) == where and (c.kind, c.columns) != ("primary key", (key,))
    ]  # fmt: skip
    odd += [
        f"it has a trigger {t.name}" for t in facts.read("catalog.triggers") if (t.schema, t.relation) == where
    ]
    if odd:
        raise Refused(
            f"{policy.keyed} is no shadow: somebody made more of it", reasons=odd,
            remedy=f"drop {policy.keyed}, which holds nothing, then compile again",
        )  # fmt: skip


def _empty(policy: Policy, tag: str) -> str:
    rows = f"exists (select 1 from {relation(policy.keyed)} as t)"
    check = raising(rows, f"{tag}: {policy.keyed} holds rows")
    return do_block(tag.lower(), f"begin\n{check}\nend")
