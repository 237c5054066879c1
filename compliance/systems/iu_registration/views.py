"""The document's migration 021 (002, section 2): the view, and the one that introspects it.

The envelope is what the field list is taken from, so it names no field: it asks the catalog which columns the view has.
Groups are those of policy, by patterns of names. The view itself is compiled from policy where it is missing, and never
changed where it is there: a column that it gains arrives in the package by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from compliance.core import sqlguard
from compliance.core.errors import Refused
from compliance.core.needs import split_name
from compliance.core.sqltext import literal, relation
from compliance.systems.iu_registration.objects import (
    VIEW,
    columns_of,
    keys,
    no_relation,
    other_columns,
    qualified,
    step,
)
from compliance.systems.iu_registration.sources import sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.change import Step
    from compliance.core.footprint import FactKey
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts

_ESCAPE = "!"


def view(facts: Facts) -> Step:
    """The view, from the SELECT of policy."""
    source = facts.policy.source
    check_definition(facts)
    name = relation(source.view)
    declared = {field.name: field.type for field in source.fields.values()}
    text = source.definition.strip().rstrip(";").rstrip()
    return step(
        f"make the view {source.view}",
        [f"create or replace view {name} as\n{text};"],
        {
            f"{source.view} is not a view of {source.owner}": no_relation(source.view, "v", source.owner),
            f"{source.view} has not the fields that policy declares": other_columns(
                source.view, declared, exactly=False
            ),
        },
        [f"drop view if exists {name};"],
        writes=keys(qualified(source.view), *VIEW), reads=_read(facts),
    )  # fmt: skip


def envelope(facts: Facts) -> Step:
    """What it says is a SELECT over information_schema, with the six columns of the document."""
    policy: Policy = facts.policy
    source = policy.source
    schema, name = split_name(source.view)
    text = (
        "select c.column_name::text as field_name, c.data_type::text as pg_type, c.udt_name::text as pg_udt,\n"
        "       c.is_nullable::text as is_nullable, c.ordinal_position::integer as ordinal_position,\n"
        f"       {_groups(policy)} as axis_group\n"
        "  from information_schema.columns as c\n"
        f" where c.table_schema::text = {literal(schema)} and c.table_name::text = {literal(name)}"
    )
    told = f"(select count(*) from {relation(source.envelope)} as e)"
    there = f"(select count(*) from {columns_of(source.view)})"
    return step(
        f"make the view {source.envelope}",
        [f"create or replace view {relation(source.envelope)} as\n{text};"],
        {
            f"{source.envelope} is not a view of {source.owner}": no_relation(source.envelope, "v", source.owner),
            f"{source.envelope} does not say what columns {source.view} has": f"{told} <> {there}",
        },
        [f"drop view if exists {relation(source.envelope)};"],
        writes=keys(qualified(source.envelope), *VIEW), reads=keys(qualified(source.view), "relations", "columns"),
    )  # fmt: skip


def _groups(policy: Policy) -> str:
    """The first group whose patterns match; one that takes everything ends the list."""
    cases: list[str] = []
    for group, patterns in policy.source.groups.items():
        if "*" in patterns:
            return _cases(cases, literal(group))
        matched = " or ".join(map(_matches, patterns))
        cases.append(f"            when {matched} then {literal(group)}")
    return _cases(cases, "null")


def _cases(cases: list[str], otherwise: str) -> str:
    if not cases:
        return f"{otherwise}::text"
    return "case\n" + "\n".join(cases) + f"\n            else {otherwise} end"


def _matches(pattern: str) -> str:
    """As `fnmatch` means it: any characters, any one."""
    if "[" in pattern:
        raise Refused(
            f"source.groups: '{pattern}' names a set of characters, which no LIKE knows",
            remedy="write the names out, or with * and ?",
        )
    name = "c.column_name::text"
    if not set(pattern) & set("*?"):
        return f"{name} = {literal(pattern)}"
    escaped = "".join(_ESCAPE + c if c in f"{_ESCAPE}%_" else c for c in pattern)
    return f"{name} like {literal(escaped.replace('*', '%').replace('?', '_'))} escape {literal(_ESCAPE)}"


# --- what policy says may be no more than a query ----------------------------------------------------------------


def check_definition(facts: Facts) -> None:
    """One SELECT that reads, of functions of the estate those that PostgreSQL knows to change nothing.

    Its columns have to be declared, as nobody can say of which type any other is before the view is there.
    """
    source = facts.policy.source
    reasons = [*_unsafe(facts), *_undeclared(facts)]
    if reasons:
        raise Refused(
            f"{source.view} is missing, and its definition in policy cannot be compiled",
            reasons=reasons, remedy="correct source.definition or source.fields",
        )  # fmt: skip


def _unsafe(facts: Facts) -> Iterator[str]:
    own = {(f.schema, f.name): f for f in facts.read("catalog.functions")}
    try:
        statement = sqlguard.parse_one(facts.policy.source.definition)
    except sqlguard.UnsafeSQLError as error:
        yield error.message
        return
    if not isinstance(statement, exp.Select | exp.SetOperation):
        yield f"it is not a SELECT but {sqlguard.kind_of(statement)}"
    for node in statement.walk():
        where = _called(node)
        if where is None:
            try:
                sqlguard.check_part(node)
            except sqlguard.UnsafeSQLError as error:
                yield error.message
        elif where not in own:
            yield f"there is no function {'.'.join(where)}"
        elif own[where].volatility == "volatile":
            yield f"{own[where].signature} is volatile: it may write, or say something else each time"


def _called(node: exp.Expr) -> tuple[str, str] | None:
    """Schema and name of somebody's own function."""
    if not isinstance(node, exp.Anonymous):
        return None
    parent, schema = node.parent, ""
    if isinstance(parent, exp.Dot) and parent.expression is node:
        schema = str(parent.this.name)
    elif isinstance(parent, exp.Table) and parent.this is node:
        schema = str(parent.db)
    return (schema, node.name) if schema not in ("", "pg_catalog") else None


def _undeclared(facts: Facts) -> Iterator[str]:
    source = facts.policy.source
    try:
        names = sqlguard.parse_one(source.definition).named_selects  # type: ignore[attr-defined]
    except (sqlguard.UnsafeSQLError, AttributeError):
        return
    for name in names:
        if name == "*":
            yield "it selects *, so that nobody can say what columns it gives"
        elif name not in source.fields:
            yield f"it gives {name}, of which source.fields does not say what type it is"
    yield from (f"it does not give {name}" for name in source.fields if name not in names)


def _read(facts: Facts) -> frozenset[FactKey]:
    """What it is made of: where one of these moves, it may be another one."""
    found = sources(facts, facts.policy.source.definition)
    of_tables = [keys(name, "relations", "columns") for name in found.tables]
    return frozenset().union(*of_tables, *(keys(name, "functions") for name in found.functions))
