"""Which statements of a plan make objects, and that a plan names what it makes and says so."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from compliance.core import objectsql, plansql, plpgsql
from compliance.core.footprint import FactKey
from compliance.core.sqlguard import UnsafeSQLError
from tests.live.object_plans import kept, shadow, view

if TYPE_CHECKING:
    from compliance.core.change import Step

TABLE = {"rows:t": "public.t"}
READ: dict[str, list[str]] = {
    "create or replace view a.v as select 1": ["catalog.relations#a.v"],
    'create view "A b"."v""w" (x) as select 1': ['catalog.relations#A b.v"w'],
    "create schema if not exists a": ["catalog.schemas#a"],
    "create table if not exists a.t (k text primary key, v numeric(3, 1) default (1 + 1))": ["catalog.relations#a.t"],
    "create unique index if not exists i on only a.t (k)": ["catalog.indexes#a.t"],
    "create or replace function a.f(x text, y integer) returns void language sql as $x$ select 1; $x$":
        ["catalog.functions#a.f"],
    "create trigger g after insert or update of k on a.t execute function a.f()": ["catalog.triggers#a.t"],
    "drop trigger if exists g on a.t": ["catalog.triggers#a.t"],
    "drop view if exists a.v, a.w": ["catalog.relations#a.v", "catalog.relations#a.w"],
    "drop function a.f(text, integer), a.g()": ["catalog.functions#a.f", "catalog.functions#a.g"],
    "grant select (k, v), insert on table a.t, a.u to x": ["catalog.grants#a.t", "catalog.grants#a.u"],
    "revoke execute on function a.f(text) from public": ["catalog.grants#a.f"],
    "grant usage on schema a to x": ["catalog.grants#a"],
    "GRANT SELECT ON A.T TO x": ["catalog.grants#a.t"],
}  # fmt: skip


@pytest.mark.parametrize("statement", READ)
def test_what_a_statement_makes_is_named_as_facts_name_it(statement: str) -> None:
    found = objectsql.read(statement)
    assert found is not None
    assert [str(one.keys[0]) for one in found] == READ[statement]


def test_a_change_of_a_table_is_one_of_its_parts() -> None:
    for statement in ("alter table only a.t add c text", "comment on column a.t.c is 'x'"):
        (one,) = objectsql.read(statement) or ()
        assert FactKey("catalog.columns", "a.t") in one.keys


@pytest.mark.parametrize(
    "statement",
    [
        "create table a.t as select public.f()", "create table a.t (k int) with (fillfactor = 50)",
        "drop table a.t cascade",
        "create schema a create table t (k int)", "grant select on all tables in schema a to x",
        "grant connect on database d to x", "create role x", "create extension x", "drop owned by x", "grant a to b",
        "create function a.f() returns int language sql begin atomic select 1",
        "create materialized view a.v as select 1",
        "alter role x superuser", "alter default privileges grant select on tables to x", "create", "create view",
        "create policy p on a.t", "create rule r as on insert to a.t do also nothing", "create type a.p as (a int)",
        "alter system set work_mem = 1", "create temporary table t (k int)", "revoke a from b",
    ],
)  # fmt: skip
def test_a_form_that_nobody_can_compare_with_what_is_named_is_refused(statement: str) -> None:
    with pytest.raises(UnsafeSQLError, match="a plan may not do this"):
        objectsql.read(statement)


@pytest.mark.parametrize("statement", ["insert into a.t values (1)", "select 1", "truncate a.t", "set role x"])
def test_what_makes_no_object_is_read_elsewhere(statement: str) -> None:
    assert objectsql.read(statement) is None


def test_scripts_with_functions_are_split_where_statements_end() -> None:
    found = plpgsql.statements(kept().deploy)
    assert [statement.split()[0] for statement in found] == ["create", "insert", "create", "revoke", "create"]


@pytest.mark.parametrize("make", [view, shadow, kept])
def test_steps_that_name_what_they_make_may_be_compiled(make: Any) -> None:
    plansql.check_step(make(), {})


MISSES: dict[str, tuple[dict[str, Any], str]] = {
    "a view that is not named": ({"writes": {"catalog.grants#public.seen_keys"}}, "catalog.relations#public.seen_keys"),
    "a right that is not named":
        ({"writes": {"catalog.relations#public.seen_keys"}}, "catalog.grants#public.seen_keys"),
    "no word of a new object": ({"hazards": {"grants"}}, "does not say that it creates-object"),
    "no word of a right": ({"hazards": {"creates-object"}}, "does not say that it grants"),
    "rows of another table": ({"deploy": "delete from public.dot_config;"}, "may not write public.dot_config"),
    "another statement": ({"deploy": "truncate public.seen_keys;"}, "may not contain"),
    "rows alone are named": ({"writes": {"rows:t#a"}}, "may not contain"),
    "its way back is not named": ({"revert": "drop view if exists public.other;"}, "catalog.relations#public.other"),
}  # fmt: skip


@pytest.mark.parametrize("what", MISSES)
def test_a_step_that_does_something_else_than_it_says_is_refused(what: str) -> None:
    parts, reason = MISSES[what]
    if "writes" in parts:
        parts = parts | {"writes": frozenset(FactKey(*key.split("#", 1)) for key in parts["writes"])}
    made: Step = dataclasses.replace(view(), **parts)
    with pytest.raises(UnsafeSQLError, match=reason):
        plansql.check_step(made, TABLE)
