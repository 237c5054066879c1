"""The catalog queries, as a role without privileges sees them, on the embedded PostgreSQL and on Debian's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from compliance.core.errors import CouldNotLook
from compliance.core.needs import RowsNeed
from compliance.estate.catalog import SECTIONS, read_catalog
from compliance.estate.connection import QueryFailed, read_only
from compliance.estate.resources import resource
from compliance.estate.rows import read_rows
from tests.live.servers import VERSIONS, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = r"""
create role keeper; create role probe login; create role operator login in role keeper;
create extension citext;
create schema "Odd "" schema" authorization keeper;
create table public.t (
    id integer generated always as identity primary key, gone text, "Mixed Case" text default 'x' not null,
    price numeric(10, 2) check (price > 0), at timestamptz, key uuid, bytes bytea, list text[], doc jsonb,
    share float8, span interval, range int4range, address inet);
alter table public.t drop column gone;
create table "Odd "" schema"."a b" (
    "k%" char(3) primary key, t integer references public.t (id) on delete cascade,
    g integer generated always as (1 + 1) stored);
create unique index "Upper" on public.t (lower("Mixed Case"));
create view public.v as select id, "Mixed Case" as m from public.t;
create function public.pinned(uuid, integer[], out a text) language sql security definer
    set search_path = pg_catalog, public as $$select 'x'$$;
create function public.standard(a integer) returns integer language sql immutable
    begin atomic select a + 1; end;
create procedure public.proc() language plpgsql as $$begin null; end$$;
create function public.trg() returns trigger language plpgsql as $$begin return new; end$$;
create trigger guard before insert on public.t for each row execute function public.trg();
alter table public.t disable trigger guard;
revoke execute on function public.pinned from public;
grant execute on function public.pinned to keeper with grant option;
grant select on public.t, "Odd "" schema"."a b" to probe;
grant usage on schema "Odd "" schema" to probe;
grant update (price) on public.t to operator;
insert into public.t ("Mixed Case", price, at, key, bytes, list, doc, share, span, range, address) values
    ('é', 1.50, '2026-01-02 03:04:05.6+07', '00000000-0000-0000-0000-000000000001', '\x00ff', '{a,NULL,"b c"}',
     '{"a": [1, 2.5]}', 'NaN', '1 mon 2 days', '[1,5)', '10.0.0.1'),
    ('a', null, 'infinity', null, null, null, null, null, null, null, null);
insert into "Odd "" schema"."a b" values ('x', 1), ('y', null);
"""
ROLES = frozenset({"operator", "probe"})


@pytest.fixture(scope="module", params=VERSIONS)
def dsns(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    with serving(request.param, SCRIPT) as found:
        yield found


@pytest.fixture(scope="module")
def catalog(dsns: tuple[str, str]) -> dict[str, tuple[Any, ...]]:
    with read_only(dsns[1]) as look:
        return {read.section: read.found for read in read_catalog(look, ROLES)}  # type: ignore[misc]


def named(facts: tuple[Any, ...], **wanted: str) -> Any:
    [found] = [f for f in facts if all(getattr(f, field) == value for field, value in wanted.items())]
    return found


@pytest.mark.parametrize("section", SECTIONS)
def test_a_query_gives_its_columns_in_the_order_of_the_fact(dsns: tuple[str, str], section: str) -> None:
    with psycopg.connect(dsns[1]) as connection:
        cursor = connection.execute(resource(f"sql/catalog/{section}.sql").read_bytes(), {"roles": []})
        assert tuple(column.name for column in cursor.description or ()) == SECTIONS[section]._fields


def test_every_section_is_seen_by_a_role_without_privileges(catalog: dict[str, tuple[Any, ...]]) -> None:
    assert [name for name, found in catalog.items() if not isinstance(found, tuple) or not found] == []
    assert len(catalog) == len(SECTIONS)


def test_facts_are_in_an_order_of_their_own(catalog: dict[str, tuple[Any, ...]]) -> None:
    keys = [(c.schema, c.relation, c.position) for c in catalog["catalog.columns"]]
    assert keys == sorted(keys)
    grants = [grant[:4] for grant in catalog["catalog.grants"]]
    assert grants == sorted(grants)


def test_objects_of_extensions_and_of_postgresql_are_left_out(catalog: dict[str, tuple[Any, ...]]) -> None:
    assert {f.name for f in catalog["catalog.functions"]} == {"pinned", "standard", "proc", "trg"}
    assert {s.name for s in catalog["catalog.schemas"]} == {'Odd " schema', "public"}


def test_a_dropped_column_leaves_no_gap(catalog: dict[str, tuple[Any, ...]]) -> None:
    column = named(catalog["catalog.columns"], relation="t", name="Mixed Case")
    assert (column.position, column.type, column.nullable, column.default) == (2, "text", False, "'x'::text")


def test_identity_and_generated_columns_say_so(catalog: dict[str, tuple[Any, ...]]) -> None:
    assert named(catalog["catalog.columns"], relation="t", name="id").identity == "always"
    generated = named(catalog["catalog.columns"], relation="a b", name="g")
    assert (generated.generated, generated.default) == ("stored", "(1 + 1)")


def test_a_foreign_key_names_its_target_and_delete_rule(catalog: dict[str, tuple[Any, ...]]) -> None:
    key = named(catalog["catalog.constraints"], relation="a b", kind="foreign key")
    assert (key.columns, key.target, key.delete_rule) == (("t",), "public.t", "cascade")


def test_not_null_is_no_constraint_on_any_version(catalog: dict[str, tuple[Any, ...]]) -> None:
    kinds = sorted(c.kind for c in catalog["catalog.constraints"])
    assert kinds == ["check", "foreign key", "primary key", "primary key"]


def test_definitions_come_out_qualified(catalog: dict[str, tuple[Any, ...]]) -> None:
    assert "public.t" in named(catalog["catalog.relations"], name="v").definition
    assert "public.trg()" in named(catalog["catalog.triggers"], name="guard").definition


def test_a_function_shows_what_its_caller_has_to_know(catalog: dict[str, tuple[Any, ...]]) -> None:
    function = named(catalog["catalog.functions"], name="pinned")
    assert function.signature == "public.pinned(uuid,integer[])"
    assert (function.returns, function.volatility, function.security_definer) == ("text", "volatile", True)
    assert function.search_path == "pg_catalog, public"
    digests = {f.body_digest for f in catalog["catalog.functions"]}
    assert len(digests) == 4, "a body in SQL-standard form has no source text, and needs a digest of its own"


def test_a_disabled_trigger_is_seen_as_disabled(catalog: dict[str, tuple[Any, ...]]) -> None:
    trigger = named(catalog["catalog.triggers"], name="guard")
    assert (trigger.enabled, trigger.function) == (False, "public.trg()")


def test_grants_show_public_columns_and_the_right_to_pass_on(catalog: dict[str, tuple[Any, ...]]) -> None:
    grants = set(catalog["catalog.grants"])
    assert ("function", "public.trg()", "public", "EXECUTE", False) in grants
    assert ("function", "public.pinned(uuid,integer[])", "keeper", "EXECUTE", True) in grants
    assert ("column", "public.t.price", "operator", "UPDATE", False) in grants
    assert not [g for g in grants if g.grantee == "postgres"], "ownership says what an owner may do"


def test_executables_follow_membership_and_use_of_the_schema(dsns: tuple[str, str]) -> None:
    def seen() -> set[tuple[str, str]]:
        with read_only(dsns[1]) as look:
            return {tuple(e) for e in list(read_catalog(look, ROLES))[-1].found}  # type: ignore[union-attr]

    assert ("operator", "public.pinned(uuid,integer[])") in seen()
    assert ("probe", "public.pinned(uuid,integer[])") not in seen()
    with psycopg.connect(dsns[0], autocommit=True) as owner:
        owner.execute("revoke usage on schema public from public")
        try:
            assert seen() == set()
        finally:
            owner.execute("grant usage on schema public to public")


def test_one_section_that_cannot_be_read_leaves_the_others(dsns: tuple[str, str]) -> None:
    with psycopg.connect(dsns[0], autocommit=True) as owner:
        owner.execute("revoke select on pg_catalog.pg_trigger from public")
        try:
            with read_only(dsns[1]) as look:
                blind = {
                    r.section: r.found for r in read_catalog(look, ()) if isinstance(r.found, CouldNotLook)
                }
        finally:
            owner.execute("grant select on pg_catalog.pg_trigger to public")
    assert list(blind) == ["catalog.triggers"]
    assert "missing privilege" in blind["catalog.triggers"].message


def test_values_of_rows_are_as_json_can_hold_them(dsns: tuple[str, str]) -> None:
    columns = ("Mixed Case", "price", "at", "key", "bytes", "list", "doc", "share", "span", "range", "address")
    with read_only(dsns[1]) as look:
        first, second = read_rows(look, RowsNeed("t", "public.t", columns), None)
    assert first[:3] == ("a", None, "infinity")
    digest = "sha256:06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8"
    assert second[:5] == ("é", "1.50", "2026-01-01T20:04:05.6Z", f"{0:08}-0000-0000-0000-{1:012}", digest)
    assert second[5:] == (("a", None, "b c"), {"a": [1, 2.5]}, "nan", "P1M2D", "[1, 5)", "10.0.0.1")


@pytest.mark.parametrize(
    "spelled",
    [
        r'{"to": "https:\/\/somebody:hunter22@example.org"}',
        r'{"\u0070assword": "hunter22"}',
        '[{"header": "X-API-Key", "value": "hunter22"}]',
        '{"password": "hunter22", "all": [{"header": "X-API-Key", "value": "{{$env.KEY}}"}]}',
        '{"é": "bearer hunter22hunter22"}',
    ],
)
def test_a_secret_is_found_however_the_text_of_its_json_spells_it(dsns: tuple[str, str], spelled: str) -> None:
    with psycopg.connect(dsns[0], autocommit=True) as owner:
        owner.execute("create table public.spelled (id text, options json)")
        owner.execute(
            "insert into public.spelled values ('a', '{\"plain\": 1}'), ('b', %s), ('c', null)", [spelled]
        )
        try:
            owner.execute("grant select on public.spelled to public")
            with read_only(dsns[1]) as look:
                rows = read_rows(look, RowsNeed("spelled", "public.spelled", ("id", "options")), None)
        finally:
            owner.execute("drop table public.spelled")
    assert "<secret " in str(rows[1])
    assert "hunter22" not in str(rows)
    assert (rows[0], rows[2]) == (("a", {"plain": 1}), ("c", None))


def test_any_name_can_be_read_and_only_the_wanted_rows(dsns: tuple[str, str]) -> None:
    need = RowsNeed("odd", 'Odd " schema.a b', ("k%", "t"), ("k%", ("x", "%s")))
    with read_only(dsns[1]) as look:
        odd = RowsNeed("odd", 'Odd " schema.a b', ("k%", "t"))
        assert read_rows(look, odd, None) == [("x  ", 1), ("y  ", None)]
        assert read_rows(look, need, None) == [("x  ", 1)]
        assert read_rows(look, RowsNeed("none", "public.t", ("id",), ("id", ())), None) == []


CANDIDATES = RowsNeed(
    "t", "public.t", ("Mixed Case",), candidates=("details", "doc"), named_by=("code", "Mixed Case", "price")
)


def test_of_candidates_those_are_read_that_are_there_and_the_first_of_them_names_the_row(
    dsns: tuple[str, str],
) -> None:
    with read_only(dsns[1]) as look:
        found = read_rows(look, CANDIDATES, None, {"Mixed Case", "doc", "price"})
        nothing = read_rows(look, CANDIDATES, None)
    assert found == [("a", "a", None, None), ("é", "é", None, {"a": [1, 2.5]})]
    assert sorted(nothing) == [(None, "a", None, None), (None, "é", None, None)]


def test_of_a_candidate_that_is_not_there_no_row_has_the_wanted_value(dsns: tuple[str, str]) -> None:
    need = RowsNeed("t", "public.t", (), ("kind", ("x",)), ("kind", "doc"))
    with read_only(dsns[1]) as look:
        assert read_rows(look, need, None, {"doc"}) == []


def test_each_combination_is_read_once_json_too(dsns: tuple[str, str]) -> None:
    with psycopg.connect(dsns[0], autocommit=True) as owner:
        owner.execute("create table public.many (kind text, n integer, seen json)")
        owner.execute("insert into public.many select 'a', 1, '{}' from generate_series(1, 500)")
        try:
            owner.execute("grant select on public.many to public")
            with read_only(dsns[1]) as look:
                need = RowsNeed("many", "public.many", (), candidates=("kind", "n", "seen"), distinct=True)
                rows = read_rows(look, need, None, {"kind", "n", "seen"})
        finally:
            owner.execute("drop table public.many")
    assert rows == [("a", "1", "{}")]


@pytest.mark.parametrize(
    ("need", "why"),
    [
        (RowsNeed("x", "public.nope", ("a",)), "relation does not exist"),
        (RowsNeed("x", "public.t", ("nope",)), "column does not exist"),
        (RowsNeed("x", "public.v", ("id",)), "missing privilege"),
    ],
)
def test_rows_that_cannot_be_read_say_why(dsns: tuple[str, str], need: RowsNeed, why: str) -> None:
    with read_only(dsns[1]) as look, pytest.raises(QueryFailed, match=why):
        read_rows(look, need, None)
