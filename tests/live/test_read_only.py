"""Statements that escape a connection that is read-only in name alone, each refused by the layer beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from compliance.core.errors import ConfigurationError, CouldNotLook
from compliance.core.sqlguard import UnsafeSQLError
from compliance.estate import connection
from compliance.estate.connection import Look, QueryFailed, read_only
from tests.live.servers import VERSIONS, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = """
create table public.t (a int primary key, b text);
insert into public.t values (1, 'as it was');
create table public.hidden (a int);
alter table public.hidden enable row level security;
create sequence public.s;
create materialized view public.m as select 1 as one;
create function public.sneak() returns int language plpgsql security definer as
    $$begin update public.t set b = 'changed'; return 1; end$$;
create procedure public.sneak_in() language plpgsql security definer as $$begin delete from public.t; end$$;
create extension dblink;
create role probe login;
grant select on all tables in schema public to probe;
grant all on public.t, public.s to probe;
create role superb superuser login;
create role writer login; grant pg_write_all_data to writer;
create role runner login; grant pg_execute_server_program to runner;
create role filer login;
create role filers; grant pg_write_server_files to filers; grant filers to filer;
create role reader login; grant pg_read_server_files to reader;
grant execute on function pg_catalog.pg_read_file(text) to reader;
"""

# The role may write public.t and use public.s: what refuses those statements is not a missing privilege.
ESCAPES = [
    ("copy (select 1) to program 'touch /tmp/escaped'", "role"),
    ("copy public.t to '/tmp/escaped'", "role"),
    ("copy public.hidden from '/etc/passwd'", "role"),
    ("select pg_catalog.pg_read_file('/etc/passwd')", "role"),
    ("select pg_catalog.pg_ls_dir('.')", "role"),
    ("select pg_catalog.pg_reload_conf()", "role"),
    ("select pg_catalog.pg_switch_wal()", "role"),
    ("select pg_catalog.pg_rotate_logfile()", "role"),
    ("select pg_catalog.pg_stat_reset()", "role"),
    ("select pg_catalog.pg_create_restore_point('x')", "role"),
    ("select public.dblink_exec('dbname=postgres', 'delete from public.t')", "role"),
    ("select * from public.dblink('dbname=postgres', 'delete from public.t returning a') as d (a int)", "role"),
    ("lock table public.hidden in access exclusive mode", "role"),
    ("set role superb", "role"),
    ("set session authorization superb", "role"),
    ("update public.t set b = 'changed'", "transaction"),
    ("insert into public.t values (2)", "transaction"),
    ("delete from public.t", "transaction"),
    ("truncate public.t", "transaction"),
    ("with gone as (delete from public.t returning *) select * from gone", "transaction"),
    ("explain analyze update public.t set b = 'changed'", "transaction"),
    ("do $$begin update public.t set b = 'changed'; end$$", "transaction"),
    ("select public.sneak()", "transaction"),
    ("call public.sneak_in()", "transaction"),
    ("select pg_catalog.query_to_xml('select 1', true, false, '')", "guard"),
    ("select pg_catalog.nextval('public.s')", "transaction"),
    ("select pg_catalog.setval('public.s', 9)", "transaction"),
    ("select * from public.t for update", "transaction"),
    ("select * from public.t for key share", "transaction"),
    ("select * into public.copied from public.t", "transaction"),
    ("create table public.new (a int)", "transaction"),
    ("create temporary table new (a int)", "transaction"),
    ("create function public.f() returns int language sql as 'select 1'", "transaction"),
    ("refresh materialized view public.m", "transaction"),
    ("grant select on public.t to public", "transaction"),
    ("comment on table public.t is 'changed'", "transaction"),
    ("set transaction read write", "transaction"),
    ("select pg_catalog.set_config('transaction_read_only', 'off', true)", "transaction"),
    ("lock table public.t in access exclusive mode", "guard"),
    ("commit; update public.t set b = 'changed'", "protocol"),
    ("rollback; begin read write; update public.t set b = 'changed'; commit", "protocol"),
    ("select 1; delete from public.t", "protocol"),
    ("select pg_catalog.pg_sleep(60)", "settings"),
    ("select pg_catalog.pg_notify('channel', 'message')", "guard"),
    ("notify channel", "guard"),
    ("listen channel", "guard"),
    ("select pg_catalog.pg_advisory_lock(1)", "guard"),
    ("select pg_catalog.pg_try_advisory_xact_lock(1)", "guard"),
    ("select pg_catalog.pg_export_snapshot()", "guard"),
    ("select pg_catalog.pg_terminate_backend(0)", "guard"),
    ("select pg_catalog.pg_logical_emit_message(false, 'a', 'b')", "guard"),
    ("select pg_catalog.set_config('statement_timeout', '0', false)", "guard"),
    ("select pg_catalog.set_config('default_transaction_read_only', 'off', false)", "guard"),
    ("set row_security = on", "guard"),
    ("reset all", "guard"),
    ("declare c cursor for select 1", "guard"),
    ("prepare p as delete from public.t", "guard"),
    ("commit", "guard"),
]


@pytest.fixture(scope="module", params=VERSIONS)
def servers(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    with serving(request.param, SCRIPT) as dsns:
        yield dsns


def as_role(servers: tuple[str, str], role: str) -> str:
    return servers[1].replace("probe", role)


@pytest.fixture(scope="module")
def look(servers: tuple[str, str]) -> Iterator[Look]:
    """One look for all: a refused statement must leave it usable for the next."""
    with read_only(servers[1], statement_timeout=0.5) as opened:
        yield opened


@pytest.mark.parametrize(("statement", "layer"), ESCAPES)
def test_an_escape_is_refused_by_its_layer(look: Look, statement: str, layer: str) -> None:
    if layer != "guard":  # what is shown to the server has passed no guard
        with pytest.raises(QueryFailed) as refused:
            look.query(statement.encode())
        assert refused.value.layer == layer, refused.value.message
    with pytest.raises(UnsafeSQLError):
        look.guarded(statement)
    assert look.query(b"select b from public.t") == [("as it was",)]


def test_nothing_escaped(servers: tuple[str, str]) -> None:
    with psycopg.connect(servers[0]) as owner:
        found = owner.execute(
            "select (select count(*) from public.t), b, is_called from public.t, public.s"
        ).fetchall()
    assert found == [(1, "as it was", False)]


@pytest.mark.parametrize(
    ("role", "reach"),
    [
        ("superb", "superuser"),
        ("writer", "pg_write_all_data"),
        ("runner", "pg_execute_server_program"),
        ("filer", "pg_write_server_files"),
    ],
)
def test_a_role_that_read_only_does_not_bind_is_refused(
    servers: tuple[str, str], role: str, reach: str
) -> None:
    with pytest.raises(CouldNotLook, match=reach) as refused, read_only(as_role(servers, role)):
        pass
    assert "compliance role" in str(refused.value)


def test_the_self_test_notices_a_role_that_reads_files_of_the_server(servers: tuple[str, str]) -> None:
    with pytest.raises(CouldNotLook, match="role layer"), read_only(as_role(servers, "reader")):
        pass


def test_the_self_test_notices_a_transaction_that_may_write(servers: tuple[str, str]) -> None:
    with (
        psycopg.connect(servers[1], prepare_threshold=0) as plain,
        pytest.raises(CouldNotLook, match="transaction layer"),
    ):
        connection._self_test(plain)


def test_the_self_test_notices_a_protocol_that_carries_two_statements(servers: tuple[str, str]) -> None:
    with psycopg.connect(servers[1], prepare_threshold=None) as plain:
        plain.read_only = True
        with pytest.raises(CouldNotLook, match="protocol layer"):
            connection._self_test(plain)


def test_settings_that_a_pooler_dropped_are_noticed(servers: tuple[str, str]) -> None:
    with psycopg.connect(servers[1]) as plain, pytest.raises(CouldNotLook, match="row_security"):
        connection._check_reach(Look(plain))


def test_the_settings_of_the_look_win_over_those_of_the_address(servers: tuple[str, str]) -> None:
    with read_only(servers[1] + " options='-c default_transaction_read_only=off -c row_security=on'") as opened:
        assert opened.query(b"select current_setting('default_transaction_read_only')") == [("on",)]
        assert opened.query(b"show row_security") == [("off",)]


def test_password_hashes_cannot_be_read(look: Look) -> None:
    with pytest.raises(QueryFailed, match="pg_authid") as refused:
        look.query(b"select rolpassword from pg_catalog.pg_authid")
    assert refused.value.layer == "role"


def test_rows_that_row_security_would_hide_are_an_error(look: Look) -> None:
    with pytest.raises(QueryFailed, match="row-level security"):
        look.query(b"select a from public.hidden")


def test_a_locked_table_is_not_waited_for(servers: tuple[str, str]) -> None:
    with psycopg.connect(servers[0]) as owner:
        owner.execute("lock table public.t")
        with read_only(servers[1], lock_timeout=0.2) as opened, pytest.raises(QueryFailed) as refused:
            opened.query(b"select a from public.t")
    assert refused.value.layer == "settings"
    assert "waiting for a lock" in refused.value.message


def test_all_queries_see_one_snapshot_even_after_an_error(servers: tuple[str, str]) -> None:
    with read_only(servers[1]) as opened, psycopg.connect(servers[0], autocommit=True) as owner:
        owner.execute("insert into public.hidden values (1)")
        owner.execute("create table public.later (a int)")
        with pytest.raises(QueryFailed):
            opened.query(b"select 1 / 0")
        assert opened.query(b"select relname from pg_catalog.pg_class where relname = 'later'") == []


def test_a_lost_connection_is_a_failed_look(servers: tuple[str, str]) -> None:
    with read_only(servers[1]) as opened, psycopg.connect(servers[0], autocommit=True) as owner:
        [(pid,)] = opened.query(b"select pg_catalog.pg_backend_pid()")
        owner.execute("select pg_terminate_backend(%s, 5000)", (pid,))
        for _ in range(2):
            with pytest.raises(CouldNotLook):
                opened.query(b"select 1")


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://user:geheim@127.0.0.1:1/x",
        "host=127.0.0.1 port=1 password=geheim",
        "host=127.0.0.1 port=1 password='geheim",
        "postgresql://user:geheim%@h/x",
        "postgresql://user@h/x?passwort=geheim",
        "postgresql://user:geheim@h:port/x",
    ],
)
def test_a_password_is_never_in_an_error(dsn: str) -> None:
    with pytest.raises((CouldNotLook, ConfigurationError)) as refused, read_only(dsn, connect_timeout=2):
        pass
    assert "geheim" not in str(refused.value)
    assert refused.value.remedy


def test_an_error_does_not_quote_what_is_stored(look: Look) -> None:
    with pytest.raises(QueryFailed) as failed:
        look.query(b"select b::integer from public.t")
    assert "as it was" not in str(failed.value)
    assert failed.value.layer is None
