"""The guard over SQL text lets plain queries through, and nothing that hides in one."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.core.sqlguard import FUNCTIONS, UnsafeSQLError, check_query
from compliance.core.sqltext import literal
from compliance.estate.resources import resource

PLAIN = [
    "select 1",
    "select a, count(*) from t where b is not distinct from '' group by a having count(*) > 1 order by 1",
    "with x as (select a from t) select * from x union all select b from u",
    "select t.a ->> 'k', (t.b)[1], 'a' || lower(t.c) from t join u using (i) join lateral (select 1) v on a",
    "select a from t where a ~ '^x' and b between 1 and 2 and c = any (array['x']::text[]) limit 3",
    "select case when a then 1 else 2 end, row_number() over (partition by b order by c) from t",
    "select pg_catalog.current_setting('a'), 'public.t'::pg_catalog.regclass",
    "select exists (select from t where t.a = 1), now() - interval '1 day'",
]
HIDDEN = [
    "(select pg_sleep(1))",
    "nextval('s')",
    "pg_catalog.pg_notify('a', 'b')",
    "audit.lower('x')",
    "(select 1 from t for update)",
    "'x'::audit.kind",
    "1 operator(audit.+) 2",
    "pg_read_file('x')",
    "dblink('a', 'b')",
    "lo_import('x')",
    "set_config('a', 'b', false)",
    "query_to_xml('delete from t', true, false, '')",
]
WRAPPERS = [
    "(select {})",
    "case when true then {} end",
    "coalesce({}, null)",
    "(with w as (select {} as a) select a from w)",
    "exists (select 1 from t where t.a = {})",
    "(select max(v.a) from (select {} as a union select 2) as v)",
    "array[{}]",
    "lower(({})::text)",
    "(select 1 order by {})",
    "(select count(*) filter (where {} is null) from t)",
]


@pytest.mark.parametrize("sql", PLAIN)
def test_a_plain_query_passes(sql: str) -> None:
    check_query(sql)


@pytest.mark.parametrize("path", sorted(resource("sql/catalog").glob("*.sql")), ids=lambda path: path.stem)
def test_our_own_queries_pass(path: object) -> None:
    check_query(resource(f"sql/catalog/{getattr(path, 'name', '')}").read_text().replace("%(roles)s", "'{}'"))


def test_what_stands_in_a_literal_is_no_code() -> None:
    check_query("select 'for update; delete from t', $$nextval('s')$$ -- drop table t")


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("", "0 statements"),
        ("select 1; select 2", "2 statements"),
        ("delete from t", "not a SELECT but DELETE"),
        ("select * into u from t", "INTO"),
        ("select * from t for share", "FOR SHARE"),
        ("with gone as (delete from t returning 1) select 1", "DELETE"),
        ("with x as (insert into t values (1) returning 1) select 1", "INSERT"),
        ("lock table t", "LOCK"),
        ("copy t to program 'x'", "COPY"),
        ("call p()", "CALL"),
        ("do $$begin end$$", "DO"),
        ("explain analyze delete from t", "EXPLAIN|DESCRIBE"),
        ("select audit.power(1, 2)", "audit.power"),
        ("select * from audit.unnest(array[1])", "audit"),
        ("select * from t, lateral audit.f(t.a) as x", "audit.f"),
        ("select (", "cannot be parsed"),
    ],
)
def test_a_refusal_says_why(sql: str, why: str) -> None:
    with pytest.raises(UnsafeSQLError, match=why) as refused:
        check_query(sql)
    assert refused.value.remedy


@given(leaf=st.sampled_from(HIDDEN), path=st.lists(st.sampled_from(WRAPPERS), max_size=4))
def test_nothing_hides_however_deep(leaf: str, path: list[str]) -> None:
    sql = leaf
    for wrapper in path:
        sql = wrapper.format(sql)
    with pytest.raises(UnsafeSQLError):
        check_query(f"select {sql}")


@given(path=st.lists(st.sampled_from(WRAPPERS), max_size=4))
def test_the_same_shapes_pass_around_something_harmless(path: list[str]) -> None:
    sql = "1"
    for wrapper in path:
        sql = wrapper.format(sql)
    check_query(f"select {sql}")


@given(st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True).filter(lambda name: name not in FUNCTIONS))
def test_a_function_that_is_not_listed_is_refused(name: str) -> None:
    with pytest.raises(UnsafeSQLError):
        check_query(f"select pg_catalog.{name}_(1)")


@given(st.text())
def test_any_text_is_refused_or_passes_and_nothing_else(text: str) -> None:
    with suppress(UnsafeSQLError):
        check_query(text)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",))))
def test_any_text_passes_as_a_literal(text: str) -> None:
    check_query(f"select {literal(text)}")
