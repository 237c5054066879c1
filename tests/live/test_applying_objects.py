"""A plan that makes objects of the catalog: all that it makes is named, and nothing else may change by it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from compliance.core.errors import Refused
from compliance.estate.observe import observe
from compliance.executor import fence, report
from compliance.executor import rehearse as rehearsing
from compliance.executor.approvals import remember_rehearsal
from compliance.executor.rehearse import NotRestored
from compliance.executor.session import VerificationFailed
from tests.conftest import clone
from tests.live.calling_estate import NEEDS
from tests.live.object_plans import (
    ALL,
    KEEP,
    KEPT,
    MAKES,
    SHADOW,
    TABLE,
    VIEW,
    Objects,
    exists,
    kept,
    keys,
    shadow,
    step,
    view,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

    from compliance.core.change import Step


@pytest.fixture
def site(reference_template: NoopExecutor, tmp_path: Path) -> Iterator[Objects]:
    with clone(reference_template) as dsn:
        yield Objects(lambda role: psycopg.conninfo.make_conninfo(dsn, user=role), tmp_path)


def governed(site: Objects) -> str:
    """Digest of all that is looked at."""
    return observe(site.estate, NEEDS).digest


STEPS = {"a view": (view,), "a schema with a table": (shadow,), "a copy that is kept": (shadow, kept)}
MADE = {
    "a view": (VIEW,), "a schema with a table": (SHADOW,), "a copy that is kept": (SHADOW, KEPT),
}  # fmt: skip


@pytest.mark.parametrize("place", ["estate", "clone"])
@pytest.mark.parametrize("what", STEPS)
def test_objects_are_rehearsed_applied_counted_and_taken_back(what: str, place: Any, site: Objects) -> None:
    before = governed(site)
    plan = site.plan(*(make() for make in STEPS[what]))
    rehearsed = rehearsing.rehearse(site.change(), plan, place, policy=plan.policy)
    assert (governed(site), rehearsed.created) == (before, 0)
    assert rehearsed.objects["created"] > 2
    remember_rehearsal(plan, rehearsed.as_json(), signer=None, ledger=site.ledger, now=datetime.now(UTC))
    assert site.apply(plan, dry_run=True).effect.objects["created"]
    applied = site.apply(plan)
    assert all(site.there(name) for name in MADE[what])
    created = applied.effect.created
    assert {f"catalog.relations#{name}" for name in MADE[what]} <= set(created)
    assert len(applied.effect.objects["created"]) == rehearsed.objects["created"]
    back = site.rollback(applied.receipt)
    assert back.effect.removed == created
    assert governed(site) == before


def test_what_is_made_is_as_it_was_compiled(site: Objects) -> None:
    applied = site.applied(shadow(), kept())
    assert site.one(f"select count(*) from {KEPT}") == site.one(f"select count(*) from {TABLE}") > 0
    site.do(f"insert into {TABLE} (key, value) values ('a new one', 'x')")
    assert site.one(f"select value from {KEPT} where key = 'a new one'") == "x"
    assert site.one("select has_table_privilege('directus_app', 'behind.shadow', 'select')")
    from compliance.executor.receipt import find

    text = report.text(site.ledger, find(site.ledger, (applied.receipt or "")[:12]))
    assert f"## Catalog\n\n- created: catalog.columns#{KEPT}" in text


# --- near misses -----------------------------------------------------------------------------------------------

ELSEWHERE = "create table public.elsewhere (k int); insert into public.elsewhere values (1), (2)"


def also(more: str, *, back: str = "", named: Any = frozenset()) -> Step:
    """The view, and something else besides."""
    made = view()
    return step(
        "make a view and more", f"{made.deploy}\n{more};", f"{made.revert}\n{back}", made.writes | named
    )


UNNAMED: dict[str, tuple[str, str]] = {
    "another view": ("create or replace view public.other as select 1 as x", "catalog.relations#public.other changed"),
    "another schema": ("create schema if not exists other", "catalog.schemas#other changed"),
    "a function": ("create or replace function public.f() returns int language sql as $$ select 1; $$",
                   "catalog.functions#public.f() changed"),
    "a right on another table": ("grant select on public.elsewhere to dot_operator",
                                 "catalog.grants#public.elsewhere changed"),
    "a right on one column": ("grant select (k) on public.elsewhere to dot_operator",
                              "catalog.grants#public.elsewhere.k changed"),
    "a right on the database": ("grant temporary on database {database} to dot_operator",
                                "catalog.grants#{database} changed"),
    "a column more": ("alter table public.elsewhere add if not exists more text",
                      "catalog.columns#public.elsewhere changed"),
    "an index": ("create index if not exists ik on public.elsewhere (k)",
                 "catalog.indexes#public.elsewhere changed"),
    "rows of another table": ("update public.elsewhere set k = k",
                              "0 row(s) of public.elsewhere were added, 2 changed"),
    "another table emptied": ("truncate public.elsewhere", "public.elsewhere was emptied"),
    "another table dropped": ("drop table if exists public.elsewhere", "catalog.relations#public.elsewhere changed"),
    "a comment": ("comment on table public.elsewhere is 'x'", "catalog.relations#public.elsewhere changed"),
    "an option that no fact tells of": ("alter table public.elsewhere set (fillfactor = 50)",
                                        "catalog.relations#public.elsewhere changed"),
    "what a function costs": ("alter function public.same() cost 7", "catalog.functions#public.same() changed"),
    "a type": ("create type public.pair as (a int, b int)", "pair changed"),
    "default rights": ("alter default privileges grant select on tables to dot_operator", "pg_default_acl"),
    "a policy of rows": ("create policy p on public.elsewhere", "pg_policy"),
    "a setting of a role": ("alter role estate_owner set work_mem = '1MB'", "pg_db_role_setting"),
    "a large object": ("select pg_catalog.lo_create(0)", "pg_largeobject"),
}  # fmt: skip


@pytest.mark.parametrize("what", UNNAMED)
def test_what_is_not_named_may_not_change_and_all_of_it_is_taken_back(what: str, site: Objects) -> None:
    more, reason = (text.replace("{database}", site.database) for text in UNNAMED[what])
    site.do(ELSEWHERE, "create function public.same() returns int language sql as 'select 1'")
    before = governed(site)
    plan = site.plan(also(more))
    remember_rehearsal(plan, {"result": "passed"}, signer=None, ledger=site.ledger, now=datetime.now(UTC))
    with pytest.raises(Refused, match="the fence was crossed") as refused:
        site.apply(plan)
    assert any(reason in found for found in refused.value.reasons), refused.value.reasons
    assert (governed(site), site.kinds()[-1]) == (before, "rehearsal")
    assert site.one("select count(*) from public.elsewhere") == 2


# What only a superuser may write.
SYSTEMS = {
    "a comment on a language": ("comment on language plpgsql is 'x'", "system#pg_description changed"),
    "a comment on an extension": ("comment on extension plpgsql is 'x'", "system#pg_description changed"),
    "a comment on a function of PostgreSQL's": ("comment on function pg_catalog.now() is 'x'",
                                                "system#pg_description changed"),
    "a function among PostgreSQL's": ("create or replace function pg_catalog.zz() returns int language sql as"
                                      " $$ select 1; $$", "system#pg_proc changed"),
    "a right on a function of PostgreSQL's": ("revoke execute on function pg_catalog.now() from public",
                                              "system#pg_proc changed"),
    "a view among the standard's": ("create or replace view information_schema.zz as select 1 as x",
                                    "system#pg_class changed"),
}  # fmt: skip


@pytest.mark.parametrize("what", SYSTEMS)
def test_what_stands_among_postgresql_s_own_may_not_change_either(what: str, site: Objects) -> None:
    more, reason = SYSTEMS[what]
    site.with_(writer=site.dsn("postgres"))
    plan = site.plan(also(more))
    with pytest.raises(Refused, match="the fence was crossed") as refused:
        site.rehearsed(plan)
    assert reason in refused.value.reasons
    assert not site.there(VIEW)


def test_a_superuser_may_write_what_the_plan_names(site: Objects) -> None:
    site.with_(writer=site.dsn("postgres"))
    site.rollback(site.applied(shadow(), kept()).receipt)
    assert not site.there(KEPT)


def test_a_right_on_a_database_is_none_on_a_schema_of_its_name(site: Objects) -> None:
    site.do(f"create schema {site.database}")
    grant = f"grant temporary on database {site.database} to dot_operator"
    plan = site.plan(also(grant, named=keys(site.database, "grants")))
    with pytest.raises(Refused) as refused:
        site.rehearsed(plan)
    assert refused.value.reasons == ("0 row(s) of pg_catalog.pg_database were added, 2 changed or removed",)


PRESERVED = {
    "the view over it is free": (view, TABLE, None),
    "a trigger of it": (kept, TABLE, f"catalog.triggers#{TABLE}: policy preserves it"),
    "the view itself": (view, VIEW, f"catalog.relations#{VIEW}: policy preserves it"),
    "the shape of a table with a preserved row": (shadow, f"{SHADOW}#x", f"{SHADOW}: policy preserves rows of it"),
    "the function": (kept, KEEP, f"catalog.functions#{KEEP}: policy preserves it"),
}  # fmt: skip


@pytest.mark.parametrize("what", PRESERVED)
def test_what_policy_preserves_is_so_with_all_that_the_catalog_holds_of_it(what: str, site: Objects) -> None:
    make, entry, reason = PRESERVED[what]
    writes = make().writes
    if reason is None:
        fence.check_writes(writes, NEEDS, (entry,))
        return
    with pytest.raises(Refused) as refused:
        fence.check_writes(writes, NEEDS, (entry,))
    assert any(reason in found for found in refused.value.reasons), refused.value.reasons


def test_a_right_on_one_column_of_a_preserved_table_is_refused() -> None:
    with pytest.raises(Refused, match="would cross the fence"):
        fence.check_writes(keys(f"{TABLE}.value", "grants"), NEEDS, (TABLE,))


def test_whole_sections_of_the_catalog_and_what_no_plan_makes_are_refused() -> None:
    from compliance.core.footprint import FactKey

    for key, reason in (
        (FactKey("catalog.relations"), "a plan names each object that it writes"),
        (FactKey("catalog.roles", "x"), "a plan writes rows and objects of the catalog, and nothing else"),
    ):
        with pytest.raises(Refused) as refused:
            fence.check_writes({key}, NEEDS, ())
        assert refused.value.reasons == (f"{key}: {reason}",)


def test_a_table_that_is_removed_may_hold_no_row_that_does_not_come_back(site: Objects) -> None:
    site.do(ELSEWHERE)
    back = "create table if not exists public.elsewhere (k int);"
    lost = step("drop it", "drop table if exists public.elsewhere;", back, keys("public.elsewhere", *ALL))
    plan = site.plan(lost)
    with pytest.raises(Refused) as refused:
        site.rehearsed(plan)
    assert refused.value.reasons == ("public.elsewhere held rows, which are gone or others",)
    with pytest.raises(Refused, match="the fence was crossed"):
        rehearsing.rehearse(site.change(), plan, "clone", policy=plan.policy)
    site.do("delete from public.elsewhere")
    applied = site.applied(lost)
    assert not site.there("public.elsewhere")
    assert applied.effect.removed == ("catalog.columns#public.elsewhere", "catalog.relations#public.elsewhere")
    site.rollback(applied.receipt)
    assert site.there("public.elsewhere")


def test_what_follows_from_other_rows_may_be_removed_where_it_is_made_again(site: Objects) -> None:
    """Its rows may be others then: a way back cannot make them stale again. The table itself must be as it was."""
    site.applied(shadow(), kept())
    made = kept()
    whole = step("remove the copy", made.revert, made.deploy, made.writes, guarded=made.guarded)
    half = f"{made.deploy}; alter table {KEPT} drop constraint kept_pkey;"
    half_way = step("remove it", made.revert, half, made.writes, guarded=made.guarded)
    for place in ("estate", "clone"):
        with pytest.raises(NotRestored, match=f"catalog.constraints#{KEPT}"):
            rehearsing.rehearse(site.change(), site.plan(half_way), place, policy=site.plan(half_way).policy)
    site.do(f"delete from {KEPT}")
    applied = site.applied(whole)
    assert not site.there(KEPT)
    site.rollback(applied.receipt)
    assert site.one(f"select count(*) from {KEPT}") == site.one(f"select count(*) from {TABLE}")


def test_it_is_verified_and_a_half_way_back_fails_the_rehearsal(site: Objects) -> None:
    nothing = step("make a view", "select 1;", "select 1;", view().writes, there=exists(VIEW))
    with pytest.raises(VerificationFailed, match="verify: it is not there"):
        site.rehearsed(site.plan(nothing))
    half = step("make a view", view().deploy, "select 1;", view().writes)
    with pytest.raises(NotRestored, match="after taking it back"):
        site.rehearsed(site.plan(half))
    assert not site.there(VIEW)


def test_a_way_back_that_touches_what_no_fact_tells_of_fails_the_rehearsal(site: Objects) -> None:
    site.do(ELSEWHERE)
    made = view()
    back = f"{made.revert} comment on table public.elsewhere is 'x';"
    with pytest.raises(Refused, match="the fence was crossed"):
        site.rehearsed(site.plan(step("make a view", made.deploy, back, made.writes)))


# --- since -----------------------------------------------------------------------------------------------------

SINCE = {
    "the view is another": (
        (view,), f"create or replace view {VIEW} as select key, value from {TABLE}", f"catalog.columns#{VIEW}"),
    "somebody else was given a right": (
        (view,), f"grant select on {VIEW} to dot_operator", f"catalog.grants#{VIEW}"),
    "the view is gone": ((view,), f"drop view {VIEW}", f"catalog.relations#{VIEW}: is gone"),
    "somebody keeps rows in the table": (
        (shadow,), f"insert into {SHADOW} (key) values ('x')", f"catalog.relations#{SHADOW}: was changed since"),
    "the function is another": (
        (shadow, kept), "create or replace function behind.keep() returns trigger language plpgsql as"
        " $$ begin return null; end $$", f"catalog.functions#{KEEP}: was changed since"),
}  # fmt: skip


@pytest.mark.parametrize("what", SINCE)
def test_what_somebody_changed_since_is_not_taken_back(what: str, site: Objects) -> None:
    steps, statement, reason = SINCE[what]
    receipt = site.applied(*(make() for make in steps)).receipt
    site.do(statement)
    before = governed(site)
    with pytest.raises(Refused, match=r"(it made|it wrote) was changed since") as refused:
        site.rollback(receipt)
    assert any(found.startswith(reason) for found in refused.value.reasons), refused.value.reasons
    assert governed(site) == before


def test_rows_that_follow_from_others_go_with_their_table_whatever_became_of_them(site: Objects) -> None:
    before = governed(site)
    receipt = site.applied(shadow(), kept()).receipt
    site.do(f"insert into {TABLE} (key, value) values ('since', 'x')")
    site.rollback(receipt)
    assert not site.there(KEPT)
    site.do(f"delete from {TABLE} where key = 'since'")
    assert governed(site) == before


def test_an_object_that_somebody_made_meanwhile_makes_the_plan_stale(site: Objects) -> None:
    plan = site.plan(view())
    site.rehearsed(plan)
    site.do(f"create view {VIEW} as select 1 as x")
    with pytest.raises(Refused, match="stale"):
        site.apply(plan)
    assert site.one(f"select x from {VIEW}") == 1


# --- killed ----------------------------------------------------------------------------------------------------

POINTS = (
    "make a shadow: statement 3", "make a copy: statement 3", "after fsync intent", "before COMMIT", "after COMMIT",
    "after fsync receipt",
)  # fmt: skip


@pytest.mark.parametrize("point", POINTS)
def test_killed_it_is_as_before_or_as_after_and_the_same_command_finishes(point: str, site: Objects) -> None:
    before = governed(site)
    plan = site.plan(shadow(), kept())
    site.rehearsed(plan)
    site.killed(point, lambda at: site.apply(plan, at))
    committed = POINTS.index(point) > POINTS.index("before COMMIT")
    assert site.there(KEPT) == committed
    assert site.apply(plan).recovered == committed
    assert site.there(KEPT)
    (receipt,) = (entry.hash for entry in site.ledger.entries() if entry.kind == "receipt")
    for blow in ("take back: make a copy: statement 2", "before COMMIT"):
        site.killed(blow, lambda at: site.rollback(receipt, at))
        assert site.there(KEPT)
    site.killed("after COMMIT", lambda at: site.rollback(receipt, at))
    assert governed(site) == before
    assert site.rollback(receipt).recovered
    with pytest.raises(Refused, match="was rolled back already"):
        site.rollback(receipt)


def test_a_long_value_is_a_row_of_its_table_and_of_no_other(site: Objects) -> None:
    """Its pieces lie in a table of PostgreSQL's own."""
    site.do("alter table public.dot_config alter value set storage external")
    text = "x" * 100_000
    many = " union all ".join(f"select '{text}' as c{n}" for n in range(1))
    made = step(
        "make a long view", f"create or replace view {VIEW} as {many};", f"drop view if exists {VIEW};",
        keys(VIEW, "relations", "columns", "grants"), hazards=MAKES,
    )  # fmt: skip
    site.applied(made)
    assert site.one(f"select length(c0) from {VIEW}") == 100_000
