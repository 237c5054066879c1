"""Which columns a script names, and what a plan may contain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.core.errors import ComplianceError
from compliance.core.plansql import check_plan, columns_named
from compliance.core.plpgsql import UnreadableSQLError, statements, tokens
from compliance.core.sqlguard import UnsafeSQLError
from compliance.core.sqltext import literal, name

# The document's own rollback guard: it names `command` where the column is `command_name`.
GUARD = """
\\set ON_ERROR_STOP on
begin;
do $refused$
declare
    v_runs integer;
begin
    select count(*) into strict v_runs from public.dot_iu_command_run as r where r.command in ('a; then', 'b');
    if v_runs > 0 then
        raise exception 'REFUSED: % runs', v_runs using hint = 'keep them';
    end if;
end
$refused$;
commit;
"""
RICH = """do $$
declare v_have boolean; v_n integer := (select count(*) from public.w where w.k = 1);
begin
    select c.other, exists (select 1 from inner_one as i where i.x = c.y) into v_n, v_have from cat as c;
    if not v_have and (case when v_n = 1 then true else false end) then
        raise exception '% x', (select max(r.zz) from run as r) using hint = (select h.text from hints as h);
    elsif v_n > 2 then
        perform 1 from q where q.b is not distinct from v_n;
    else
        v_n := v_n + (select z.last from z);
    end if;
    begin v_n = 2; exception when others then raise; end;
    while exists (select 1 from looped as l where l.c) loop exit when (select e.a from e); end loop;
end $$"""
NAMED = [
    (GUARD, {"dot_iu_command_run.command"}),
    (
        RICH,
        {
            "w.k",
            "cat.other",
            "inner_one.x",
            "cat.y",
            "run.zz",
            "hints.text",
            "q.b",
            "z.last",
            "looped.c",
            "e.a",
        },
    ),
    (
        "update public.t as c set a = 1, b = c.z where c.n = 'x' returning d",
        {"t.a", "t.b", "t.z", "t.n", "t.d"},
    ),
    ('insert into t (a, "B") values (1, 2) on conflict (c) do nothing', {"t.a", "t.B", "t.c"}),
    (
        "insert into t (a) select u.b from u on conflict (a) do update set d = excluded.e where t.f",
        {"t.a", "u.b", "t.d", "t.e", "t.f"},
    ),
    ("delete from public.t as c using other as o where c.x = o.y", {"t.x", "other.y"}),
    (
        "with a as (select x from t) select a.x, (select max(z.y) from z where z.k = a.x) from a",
        {"t.x", "z.y", "z.k"},
    ),
    ("select c.*, count(*), to_jsonb(c) from t as c join u using (id)", {"t.id", "u.id"}),
    ("select count(distinct k.target) from x as c, unnest(c.col) as k (target)", {"x.col"}),
    ('select T.A, "T"."A" from t, "T"', {"t.a", "T.A"}),
    ("select a as made from t order by made", {"t.a"}),
    ("with gone as (delete from t where t.a returning b) select * from gone", {"t.a", "t.b"}),
    ("begin; set local search_path = ''; commit", set()),
]
UNREADABLE = [
    "select x",
    "select a from t, u",
    "select z.a from t",
    "select * from t natural join u",
    "insert into t values (1)",
    "vacuum t",
    "do $$begin execute 'select 1'; end$$",
    "do $$begin if a then null; end$$",
    "do $$begin perform foo bar baz; end$$",
    "do $$begin wrong wrong; end$$",
    "do 'begin end'",
    "select 'never closed",
    "select 1 /* a /* b */",
    "merge into t using u on t.a = u.a when matched then delete",
]
REFUSED = [
    "begin",
    "commit",
    "savepoint s",
    "update public.other set a = 1",
    "update t set a = 1",
    "grant select on t to x",
    "drop table public.t",
    "alter table public.t add b int",
    "truncate public.t",
    "create function f() returns int language sql as 'select 1'",
    "select 1",
    "lock table public.t",
    "copy public.t from stdin",
    "call p()",
    "set role postgres",
    "notify x",
    "insert into public.t (a) select pg_read_file('x')",
    "insert into public.t (a) values (1) returning pg_notify('a', 'b')",
    "with x as (delete from public.other returning 1) update public.t set a = 1",
    "update public.t set a = (select nextval('s'))",
    "delete from public.t where audit.f(a)",
    "do $$begin delete from public.t; end$$",
    "do $$begin commit; end$$",
    "do $$begin perform pg_catalog.pg_sleep(1); end$$",
    "do $$begin for i in 1..3 loop null; end loop; end$$",
    "do $$begin if nextval('s') > 1 then null; end if; end$$",
    "do $$begin raise notice '%', set_config('a', 'b', false); end$$",
    "do $$begin execute 'drop table public.t'; end$$",
]
_names = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=12)


def test_a_column_in_a_do_block_is_found() -> None:
    assert columns_named(GUARD) == {("public", "dot_iu_command_run", "command")}


@pytest.mark.parametrize(("script", "named"), NAMED)
def test_every_column_is_named_with_its_relation(script: str, named: set[str]) -> None:
    assert {f"{relation}.{column}" for _, relation, column in columns_named(script)} == named


@pytest.mark.parametrize("script", UNREADABLE)
def test_what_is_not_understood_is_an_error(script: str) -> None:
    with pytest.raises(UnreadableSQLError) as unreadable:
        columns_named(script)
    assert unreadable.value.remedy


def test_a_schema_that_is_not_named_is_public_and_pg_catalog_for_its_own() -> None:
    assert columns_named("select t.a, p.proname from t, pg_proc as p") == {
        ("public", "t", "a"),
        ("pg_catalog", "pg_proc", "proname"),
    }


@given(schema=_names, relation=_names, columns=st.lists(_names, min_size=1, max_size=4, unique=True))
def test_any_name_comes_out_as_it_went_in(schema: str, relation: str, columns: list[str]) -> None:
    table = f"{name(schema)}.{name(relation)}"
    listed = ", ".join(map(name, columns))
    delete = f"delete from {table} as x where x.{name(columns[0])} is null"
    script = f"insert into {table} ({listed}) values (1); {delete};"
    assert columns_named(script) == {(schema, relation, column) for column in columns}


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",))), min_size=1, max_size=5
    )
)
def test_a_script_is_divided_where_postgresql_divides_it(texts: list[str]) -> None:
    written = [f"select {literal(text)}" for text in texts]
    assert statements(";\n".join(written) + ";") == written


PARTS = [
    "a",
    "E'",
    "'",
    "\\",
    "\n",
    "\n\\set x\n",
    "$$",
    "$a$",
    "$",
    "a$b$",
    ";",
    "--",
    "/*",
    "*/",
    '"',
    " 1.5 ",
    "é",
]


@given(st.lists(st.sampled_from(PARTS), max_size=14).map("".join))
def test_a_script_is_divided_where_its_tokens_say_whatever_stands_in_quotes_and_comments(script: str) -> None:
    """Two readers of one text: the quick one that divides a plan, and the one that reads what a piece says."""
    try:
        found = [t.text for t in tokens(script) if t.text != ";"]
    except UnreadableSQLError:
        with pytest.raises(UnreadableSQLError):
            statements(script)
    else:
        assert [t.text for statement in statements(script) for t in tokens(statement)] == found


def test_a_line_of_psql_is_none_within_a_name() -> None:
    odd = "a\n\\set b\n"
    assert statements(f"\\set x 1\nselect {name(odd)};\n\\echo y\nselect 2") == [
        f"select {name(odd)}",
        "select 2",
    ]
    assert columns_named(f"select t.{name(odd)} from t") == {("public", "t", odd)}


def test_a_plan_of_writes_and_checks_is_let_through() -> None:
    check_plan(
        "do $$begin if exists (select 1 from public.q as q where q.a) then raise exception 'no'; end if; end$$;"
        "insert into public.t (a) values (array['x']::text[]) on conflict (a) do nothing;"
        "update public.t as c set a = 1 where c.b = 'x'; delete from public.t as c where c.a in ('x');",
        writable={"public.t"},
    )


@pytest.mark.parametrize("script", REFUSED)
def test_a_plan_with_anything_else_is_refused(script: str) -> None:
    with pytest.raises((UnsafeSQLError, UnreadableSQLError)):
        check_plan(script, writable={"public.t"})


@pytest.mark.parametrize("script", REFUSED)
def test_it_is_refused_among_what_is_allowed_too(script: str) -> None:
    with pytest.raises(ComplianceError):
        check_plan(f"delete from public.t;\n{script};\ndelete from public.t;", writable={"public.t"})
