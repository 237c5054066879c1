"""Databases for tests: a server of the run's own, the reference estate loaded once, a fresh clone per test.

Each xdist worker starts its own server, when its first test asks for one: roles belong to a whole server, and
two workers that change the same role would see each other. `--postgresql-host` names an outside server instead.

A file stays with one worker. The files on a real Directus, those that take the fixture `directus`, all stay with one,
so that a run has one Directus; `--no-directus` leaves such tests out, where its npm packages cannot be had.
"""

from __future__ import annotations

import ast
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import hypothesis
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pytest_postgresql import factories

from compliance.estate.embedded import throwaway
from compliance.estate.reference_build import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor
    from xdist.scheduler import LoadFileScheduling
    from xdist.workermanage import WorkerController

# How long an example takes says something of the machine: the benchmarks measure.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")

# Minutes each. What xdist goes by is their number of tests, and gives out what has few of them last.
LONGEST = (
    "directus", "tests/test_docs.py", "tests/test_readme.py", "tests/live/test_compile.py",
    "tests/live/test_birth_applying.py",
    "tests/live/test_cli.py", "tests/live/test_evidence_loss.py", "tests/live/test_estate_live.py",
    "tests/live/test_applying_objects.py", "tests/live/test_crashes.py", "tests/live/test_registry_compile.py",
    "tests/test_directional_sync.py",
)  # fmt: skip
# Its tests share next to nothing, and are more than half of all: in parts, one for each system's rules.
PARTED = "tests/live/test_sensitivity.py"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-directus", action="store_true", help="leave out the tests on a real Directus")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What was told not to run, and that the scheduler below is right."""
    for item in items:
        if "directus" in getattr(item, "fixturenames", ()):
            if not takes_directus(item.path):
                raise pytest.UsageError(f"{item.nodeid} gets `directus` by another file: name it in this one")
            if config.getoption("no_directus"):
                item.add_marker(pytest.mark.skip(reason="--no-directus"))


@cache
def takes_directus(path: Path) -> bool:
    """Does a function of this file take the fixture? Who hands out the tests knows their names alone."""
    functions = [node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.FunctionDef)]
    return any(argument.arg == "directus" for function in functions for argument in function.args.args)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadFileScheduling | None:
    """By file; all files on Directus as if they were one. (xdist's own groups have no effect under pytest 9.2.)"""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class OneDirectus(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            if file == PARTED:
                return file + nodeid.partition("[")[2][:2]
            return "directus" if takes_directus(config.rootpath / file) else file

        def _assign_work_unit(self, node: WorkerController) -> None:
            """What takes long begins first, or one worker is left with it at the end while the others rest."""
            first = next((scope for scope in LONGEST if scope in self.workqueue), None)
            if first is not None:
                self.workqueue.move_to_end(first, last=False)
            super()._assign_work_unit(node)

    return OneDirectus(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """A group that did not run says so."""
    if config.getoption("no_directus"):
        terminalreporter.section("not run: the tests on a real Directus (--no-directus)")


@dataclass(frozen=True)
class PostgresServer:
    """What pytest-postgresql asks of the fixture that a template depends on."""

    host: str
    port: int
    user: str = "postgres"
    password: str | None = None
    options: str = ""
    maintenance_dbname: str = "postgres"
    template_dbname: str = "template1"

    def dsn(self, database: str, user: str | None = None) -> str:
        return make_conninfo(
            host=self.host, port=self.port, dbname=database, user=user or self.user, password=self.password
        )


def load_reference(*, host: str, port: int, user: str, dbname: str, password: str | None, **_: object) -> None:
    """The same statements as `compliance estate up` runs."""
    load(PostgresServer(host, port, user, password).dsn(dbname))


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """The embedded server of this process, or the one that the command line names."""
    host = request.config.getoption("postgresql_host")
    if host is not None:
        user = request.config.getoption("postgresql_user") or "postgres"
        port = int(request.config.getoption("postgresql_port") or 5432)
        yield PostgresServer(host, port, user, request.config.getoption("postgresql_password"))
        return
    with throwaway() as server:
        yield PostgresServer(str(server.socket_dir), server.port, server.superuser)


reference_template = factories.postgresql_noproc(
    dbname="estate", depends_on="postgres_server", load=[load_reference]
)
_empty = factories.postgresql_noproc(dbname="empty", depends_on="postgres_server", load=[])
empty_db = factories.postgresql("_empty")


@contextmanager
def clone(template: NoopExecutor, database: str | None = None) -> Iterator[str]:
    """A copy with its owner and grants, which CREATE DATABASE leaves behind; by files: fastest in memory."""
    database = database or template.dbname
    name, source = sql.Identifier(database), sql.Identifier(template.template_dbname)
    server = PostgresServer(template.host, template.port, template.user, template.password)
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as admin:
        strategy = "strategy file_copy" if admin.info.server_version >= 150000 else ""
        admin.execute(sql.SQL("create database {} template {} " + strategy).format(name, source))
        try:
            admin.execute(
                "update pg_catalog.pg_database c set datdba = t.datdba, datacl = t.datacl"
                " from pg_catalog.pg_database t where c.datname = %s and t.datname = %s",
                (database, template.template_dbname),
            )
            yield server.dsn(database)
        finally:
            _wait_for_goodbyes(admin, database)
            admin.execute(sql.SQL("drop database {} with (force)").format(name))


def _wait_for_goodbyes(admin: psycopg.Connection, database: str) -> None:
    """DROP DATABASE sleeps for 100 ms when the process of a closed connection still ends."""
    for _ in range(20):
        row = admin.execute(
            "select from pg_catalog.pg_stat_activity where datname = %s", (database,)
        ).fetchone()
        if row is None:
            return
        time.sleep(0.001)


@pytest.fixture
def estate_db(reference_template: NoopExecutor) -> Iterator[psycopg.Connection]:
    """A superuser's connection to a fresh copy of the reference estate."""
    with clone(reference_template) as dsn, psycopg.connect(dsn) as connection:
        yield connection


@pytest.fixture
def estate_dsn(estate_db: psycopg.Connection) -> Callable[[str], str]:
    """The address of that copy for a role: `estate_dsn("compliance_probe")`."""
    info = estate_db.info
    server = PostgresServer(info.host, info.port, info.user)
    return lambda role: server.dsn(info.dbname, role)
