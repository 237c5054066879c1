"""One real Directus for a run, on a clone of the reference estate, with Agent Data beside it.

Every test that takes `directus` finds the content of the reference estate: it is put back after each, once no flow
runs any more. What a test does to tables themselves stays; who does that takes a clone of its own.
"""

from __future__ import annotations

import dataclasses
import os
import secrets
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from compliance.estate import agent_data, config, nitro, service
from compliance.estate import directus as real
from compliance.estate.reference_live import TOKEN
from compliance.estate.resources import resource
from tests.conftest import clone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_postgresql.executors import NoopExecutor

    from compliance.estate.config import Estate

REPOSITORY = resource("fixtures/reference/repository")
QUIET = 0.25  # seconds without a new row in the activity: no flow runs
PATIENCE = 30.0
RELOAD = {"keys": [], "data": {"status": "active"}}  # changes no row, and makes the process read them again


class Documents:
    """Agent Data, at the one address that Directus was told; which source it runs can be another one for a while."""

    def __init__(self) -> None:
        self.port, self.key = service.free_port(), secrets.token_urlsafe(24)
        self.url = f"http://{service.LOOPBACK}:{self.port}"
        self._running = ExitStack()

    def start(self, directus: real.Directus, database: str, repository: Path = REPOSITORY) -> None:
        self._running.enter_context(
            agent_data.serving(
                make_conninfo(database, user=agent_data.ROLE), repository=repository, api_key=self.key,
                reverse=agent_data.ReverseSync(directus.url, directus.people.writer_token), port=self.port,
            )
        )  # fmt: skip

    def stop(self) -> None:
        self._running.close()

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """One request, with its key."""
        headers = {"X-API-Key": self.key}
        return httpx.request(method, self.url + path, json=body, headers=headers, timeout=60, trust_env=False)


class Endpoints:
    """Where Directus was told that the endpoints are; nobody answers there until a test starts them."""

    def __init__(self) -> None:
        self.port, self.token = service.free_port(), secrets.token_urlsafe(24)
        self.url = f"http://{service.LOOPBACK}:{self.port}"

    @contextmanager
    def serving(self, database: str, repository: Path = REPOSITORY) -> Iterator[nitro.Nitro]:
        """A real Nitro, built from the routes of a repository, for the length of a block."""
        dsn = make_conninfo(database, user=real.APPLICATION)
        with nitro.serving(
            repository / nitro.ROUTES, dsn, token_env=TOKEN, token=self.token, port=self.port
        ) as running:
            yield running


@dataclass(frozen=True)
class Live:
    """A running Directus and its database, the Agent Data that its flows feed, and the endpoints that they call."""

    directus: real.Directus
    database: str = field(repr=False)  # as the superuser
    documents: Documents
    endpoints: Endpoints

    @property
    def url(self) -> str:
        return self.directus.url

    def dsn(self, role: str) -> str:
        """The same database as this role sees it."""
        return make_conninfo(self.database, user=role)

    def estate(self) -> Estate:
        """How `estate.yaml` would lead to all of it; endpoints are there only while a test serves them."""
        reference = config.load(resource("fixtures/reference/estate.yaml"))
        return dataclasses.replace(
            reference, embedded=False, unavailable={"nuxt": reference.unavailable["nuxt"]},
            dsn=self.dsn("compliance_probe"), writer=self.dsn("estate_owner"),
            directus=self.service(),
            agent_data=config.Service(self.documents.url, self.documents.key),
        )  # fmt: skip

    def service(self) -> config.Service:
        """Who may ask it. What it should have run before now is not asked for: content is put back after each test."""
        people, since = self.directus.people, datetime.now(UTC).isoformat(timespec="seconds")
        return config.Service(self.url, people.probe_token, people.writer_token, since)

    @contextmanager
    def agent_data_of(self, repository: Path) -> Iterator[None]:
        """Agent Data runs this repository's source for the length of a block."""
        self.documents.stop()
        self.documents.start(self.directus, self.database, repository)
        try:
            yield
        finally:
            self.documents.stop()
            self.documents.start(self.directus, self.database)

    def ask(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> httpx.Response:
        """One request, as the administrator unless told."""
        headers = {"Authorization": f"Bearer {token or self.directus.people.writer_token}"}
        return httpx.request(method, self.url + path, json=body, headers=headers, timeout=60, trust_env=False)

    def data(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Any:
        """What it answers, where it has to answer well."""
        answer = self.ask(method, path, body, token=token)
        assert answer.is_success, answer.text
        return answer.json()["data"] if answer.content else None

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """By SQL, behind its back."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            done = connection.execute(query.encode(), values or None)
            return done.fetchall() if done.description else []

    def runs(self, flow: str) -> int:
        """How often it ran since the beginning of the test."""
        query = "select count(*) from public.directus_activity where action = 'run' and item = %s"
        return int(self.rows(query, flow)[0][0])

    def reload(self) -> None:
        """Let the process read flows and operations again; nothing else is written."""
        self.data("PATCH", "/flows", RELOAD)

    def settle(self) -> None:
        """Wait until no flow runs any more, and no document goes back."""
        seen, since, deadline = self._activity(), time.monotonic(), time.monotonic() + PATIENCE
        while time.monotonic() - since < QUIET:
            time.sleep(0.02)
            now = self._activity()
            if now != seen:
                seen, since = now, time.monotonic()
            assert time.monotonic() < deadline, "flows go on and on"

    def _activity(self) -> Any:
        return self.rows(
            "select max(id), (select max(id) from public.system_issues) from public.directus_activity"
        )


@contextmanager
def standing(template: NoopExecutor) -> Iterator[Live]:
    """Both on a clone of their own, whose content is remembered."""
    documents, endpoints = Documents(), Endpoints()
    counterparts = real.Counterparts(endpoints.url, documents.url, documents.key, endpoints.token)
    with ExitStack() as stack:
        dsn = stack.enter_context(clone(template, "directus"))
        found = stack.enter_context(real.serving(dsn, counterparts))
        stack.callback(documents.stop)
        documents.start(found, dsn)
        remember(dsn)
        yield Live(found, dsn, documents, endpoints)


def remember(dsn: str) -> None:
    """A copy of every table, in a schema that no role but the superuser's sees."""
    with psycopg.connect(dsn) as connection:
        connection.execute("create schema remembered")
        for table, copy, _ in _tables(connection):
            connection.execute(sql.SQL("create table {} as table {}").format(copy, table))


def restore(dsn: str) -> None:
    """All rows as they were remembered; no trigger and no foreign key has a say in it."""
    with psycopg.connect(dsn) as connection:
        connection.execute("set local session_replication_role = replica")
        for table, copy, columns in _tables(connection):
            connection.execute(sql.SQL("delete from {}").format(table))
            connection.execute(
                sql.SQL("insert into {} ({}) overriding system value select {} from {}").format(
                    table, columns, columns, copy
                )
            )


def _tables(connection: psycopg.Connection) -> list[tuple[sql.Identifier, sql.Identifier, sql.Composed]]:
    found = connection.execute(
        "select n.nspname, c.relname, array_agg(a.attname::text order by a.attnum)"
        "  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
        "  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0"
        "   and not a.attisdropped and a.attgenerated = ''"
        " where c.relkind = 'r' and n.nspname in ('public', 'agent_data') group by 1, 2 order by 1, 2"
    ).fetchall()
    return [
        (
            sql.Identifier(schema, name),
            sql.Identifier("remembered", f"{schema}.{name}"),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
        )
        for schema, name, columns in found
    ]


@pytest.fixture(scope="session")
def directus_process(reference_template: NoopExecutor) -> Iterator[Live]:
    """The one of this run."""
    with only_one(), standing(reference_template) as live:
        yield live


@contextmanager
def only_one() -> Iterator[None]:
    """Two at a time would be slow, and nothing else would show it."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    mark = Path(tempfile.gettempdir()) / f"dotc-directus-{run}"
    mark.touch(exist_ok=False)
    try:
        yield
    finally:
        mark.unlink()


@pytest.fixture
def directus(directus_process: Live) -> Iterator[Live]:
    """The one of this run, with the content of the reference estate."""
    yield directus_process
    directus_process.settle()
    restore(directus_process.database)
    directus_process.reload()
