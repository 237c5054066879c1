"""A clone to rehearse on: the schema of the estate and the rows that a plan rests on, on a server of its own."""

from __future__ import annotations

import os
import subprocess
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import conninfo, sql

from compliance.core.errors import CouldNotLook
from compliance.core.needs import Needs, split_name
from compliance.estate.embedded import Server, throwaway
from compliance.estate.pgbin import bindir
from compliance.executor.session import Session, session

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from compliance.estate.config import Estate
    from compliance.executor.session import Report
    from compliance.systems.platform.execution import Execution

_SCHEMA = (
    "--schema-only",
    "--no-publications",
    "--no-subscriptions",
    "--no-security-labels",
    "--no-tablespaces",
)


@contextmanager
def of(
    estate: Estate, needs: Needs, execution: Execution, at: Report, *, whole: Collection[str] = ()
) -> Iterator[Callable[[], AbstractContextManager[Session]]]:
    """Yields what opens a session on the clone; the server is gone afterwards. `whole`: tables of which the rows are
    copied too, where they are there."""
    dsn = estate.writer or ""
    with throwaway() as server:
        role = _prepare(server, dsn)
        at("clone: copying the schema")
        _copy_schema(server, dsn)
        for table in sorted({*_tables(needs, execution), *_there(dsn, whole)}):
            at(f"clone: copying {table}")
            _copy_rows(server, dsn, table)
        cloned = replace(estate, writer=server.dsn("clone", role))
        yield lambda: session(cloned, needs, execution, "rehearse on a clone")


def _tables(needs: Needs, execution: Execution) -> set[str]:
    switch = (execution.kill_switch.relation,) if execution.kill_switch else ()
    return {*needs.relations.values(), *(".".join(split_name(name)) for name in switch)}


def _there(dsn: str, names: Collection[str]) -> list[str]:
    """Those that are tables of this estate."""
    query = (
        "select n.nspname || '.' || c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n"
        " on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname || '.' || c.relname = any(%s)"
    )
    with psycopg.connect(dsn) as source:
        return [name for (name,) in source.execute(query, (sorted(names),)).fetchall()]


def _prepare(server: Server, dsn: str) -> str:
    """The roles that own and are granted something, and an empty database; returns who the writer is."""
    with psycopg.connect(dsn) as source:
        roles = source.execute(
            "select rolname, rolsuper from pg_catalog.pg_roles where rolname !~ '^pg_' order by rolname"
        ).fetchall()
        writer = source.info.user
        (encoding,) = source.execute("select pg_catalog.current_setting('server_encoding')").fetchone() or (
            "UTF8",
        )
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as admin:
        for name, superuser in roles:
            if name != server.superuser:
                power = sql.SQL("superuser" if superuser else "nosuperuser")
                admin.execute(sql.SQL("create role {} login {}").format(sql.Identifier(name), power))
        admin.execute(
            sql.SQL("create database clone template template0 owner {} encoding {}").format(
                sql.Identifier(writer), sql.Literal(encoding)
            )
        )
    return writer


def _copy_schema(server: Server, dsn: str) -> None:
    """By pg_dump, which knows more of PostgreSQL than we should. The password goes by the environment, never by the
    command line, which everybody on the machine may read."""
    known = {name: str(value) for name, value in conninfo.conninfo_to_dict(dsn).items()}
    password = known.pop("password", None)
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"} | ({"PGPASSWORD": password} if password else {})
    dumped = _run(
        [str(bindir() / "pg_dump"), *_SCHEMA, "-d", conninfo.make_conninfo(**known)], environment, None
    )
    _run(
        [str(bindir() / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", server.dsn("clone")],
        {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PGOPTIONS": "-c client_min_messages=warning"},
        dumped.replace(b"\nCREATE SCHEMA public;\n", b"\n"),
    )


def _run(command: list[str], environment: dict[str, str], given: bytes | None) -> bytes:
    done = subprocess.run(command, input=given, env=environment, capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-3:]
        raise CouldNotLook(
            "the estate could not be cloned",
            lines=said,
            mark="|",
            remedy="a clone needs pg_dump of the server's version or newer (COMPLIANCE_PG_BIN names its folder), a "
            "writer that may read every table, and the extensions that the estate uses",
        )
    return done.stdout


def _copy_rows(server: Server, dsn: str, table: str) -> None:
    """All columns as text, and without setting anything off: the rows are copies, not events."""
    name = sql.Identifier(*split_name(table))
    with psycopg.connect(dsn) as source, psycopg.connect(server.dsn("clone")) as target:
        source.read_only = True
        columns = _plain_columns(source, table)
        target.execute("set session_replication_role = replica")
        out = sql.SQL("copy (select {} from {}) to stdout").format(columns, name)
        into = sql.SQL("copy {} ({}) from stdin").format(name, columns)
        with source.cursor().copy(out) as reading, target.cursor().copy(into) as writing:
            for block in reading:
                writing.write(block)


def _plain_columns(source: psycopg.Connection[Any], table: str) -> sql.Composed:
    """Those that can be written: a generated column makes itself."""
    schema, name = split_name(table)
    rows = source.execute(
        "select a.attname from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid"
        " join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = %s and c.relname = %s"
        " and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum",
        (schema, name),
    ).fetchall()
    return sql.SQL(", ").join(sql.Identifier(row[0]) for row in rows)
