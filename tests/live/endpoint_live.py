"""One Nitro for the endpoints of a run: the reference estate's route, and one route for every way to compile it.

All of them stand in one folder of routes, so that there is one build and one process, on a clone of the reference
estate.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from compliance.core.sqltext import name
from compliance.estate import nitro
from compliance.estate.directus import APPLICATION
from compliance.estate.reference_live import TOKEN
from compliance.estate.service import LOOPBACK
from compliance.systems.birth_scan.endpoint import rendered
from tests.conftest import clone
from tests.endpoints import FOUND, HOSTILE, POLICY, compiled
from tests.live.directus_live import remember

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

# What a function may do wrong: each writes first, so that it shows what was rolled back. One answers json, which, other
# than jsonb, keeps the order of its keys.
SETUP = """
create table public.t_answer (value json);
create function public.fn_t_answer() returns json language plpgsql security definer as $$
begin
    insert into public.system_issues (title, issue_type, source) values ('written by the scan', 'T', 't');
    return (select value from public.t_answer);
end $$;
create function public.fn_t_slow() returns jsonb language plpgsql security definer as $$
begin
    insert into public.system_issues (title, issue_type, source) values ('written by the scan', 'T', 't');
    perform pg_sleep(1.2);
    return public.fn_birth_onboarding_full_scan();
end $$;
create function public.fn_t_fails() returns jsonb language plpgsql security definer as $$
begin
    raise exception 'row (4711, hunter2) is wrong' using errcode = 'check_violation';
end $$;
create function public.{hostile}() returns jsonb language sql volatile security definer as
    $$ select jsonb_build_object('status', 'complete', {run}, 'r1', {count}, 3, 'gaps_by_kind', '{{}}'::jsonb) $$;
create table public.{issues} (id int generated always as identity, {column} text, "sort" text, "what" text, kept jsonb);
grant all on public.{issues} to {role};
insert into public.dot_config (key, value) values ({key}, 'true');
"""


@dataclass(frozen=True)
class Endpoints:
    """The running server and its database. `routes`: where the files are that it was built from."""

    nitro: nitro.Nitro
    database: str = field(repr=False)
    routes: Path

    def post(self, route: str = "", headers: dict[str, str] | None = None) -> httpx.Response:
        """A call of a route; of the estate's own by default, with its token unless told."""
        path = f"/api/t/{route}" if route else POLICY.endpoint.path
        told = {"authorization": f"Bearer {self.nitro.token}"} if headers is None else headers
        return httpx.post(self.nitro.url + path, headers=told, timeout=30, trust_env=False)

    def sql(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database, autocommit=True) as connection:
            done = connection.execute(query.encode(), values or None)
            return done.fetchall() if done.description else []

    def issues(self, issue_type: str) -> list[tuple[Any, ...]]:
        return self.sql(
            "select title, description, severity, source, run_id, evidence_snapshot from public.system_issues"
            " where issue_type = %s order by id",
            issue_type,
        )

    def summaries(self) -> list[tuple[Any, ...]]:
        return self.issues(POLICY.issues.values["issue_type"])

    def answer_of_the_function(self, value: Any) -> None:
        self.sql("delete from public.t_answer")
        self.sql("insert into public.t_answer values (%s)", json.dumps(value))


def write_routes(folder: Path) -> Path:
    """What the reference estate has, and the routes under `/api/t/`."""
    routes = folder / nitro.ROUTES
    files = {POLICY.endpoint.file: rendered(POLICY, FOUND)}
    files |= {f"{nitro.ROUTES}/api/t/{name_}.post.ts": text for name_, text in compiled().items()}
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return routes


def set_up(database: str) -> None:
    values = {
        "hostile": name(f"f{HOSTILE}"),
        "run": _text(f"r{HOSTILE}"),
        "count": _text(f"n{HOSTILE}"),
        "issues": name(f"i{HOSTILE}"),
        "column": name(f"c{HOSTILE}"),
        "key": _text(f"k{HOSTILE}"),
        "role": APPLICATION,
    }
    with psycopg.connect(database) as connection:
        connection.execute(SETUP.format(**values).encode())


def _text(value: str) -> str:
    return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


@contextmanager
def stalling(database: str) -> Iterator[int]:
    """The port of a network that loses one call of a function, and all that comes after another one, both ways."""
    parts = conninfo_to_dict(database)
    address = f"{parts['host']}/.s.PGSQL.{parts['port']}"
    with socket.create_server((LOOPBACK, 0)) as listening, ExitStack() as opened:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client = opened.enter_context(listening.accept()[0])
                    server = opened.enter_context(socket.socket(socket.AF_UNIX))
                    server.connect(address)
                    lost = threading.Event()
                    for ends in ((client, server), (server, client)):
                        threading.Thread(target=carry, args=(*ends, lost), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def carry(source: socket.socket, target: socket.socket, lost: threading.Event) -> None:
    with suppress(OSError):
        while (data := source.recv(65536)) and b"fn_t_slow" not in data and not lost.is_set():
            if b"fn_t_answer" in data:
                lost.set()
                return
            target.sendall(data)


@contextmanager
def standing(
    template: NoopExecutor,
    folder: Path,
    serving: Callable[..., AbstractContextManager[nitro.Nitro]] = nitro.serving,
) -> Iterator[Endpoints]:
    """The server on a clone of its own, whose content is remembered."""
    routes = write_routes(folder)
    with (
        clone(template, "endpoints") as database,
        socket.create_server((LOOPBACK, 0)) as silent,
        stalling(database) as stalls,
    ):
        set_up(database)
        remember(database)
        dsn = make_conninfo(database, user=APPLICATION)
        parts, port = conninfo_to_dict(dsn), silent.getsockname()[1]
        environment = {
            "NUXT_AWAY_URL": f"postgres://u:hunter2@{LOOPBACK}:9/d",
            "NUXT_SILENT_URL": f"postgres://u:hunter2@{LOOPBACK}:{port}/d",
            "NUXT_STALLING_URL": f"postgres://{APPLICATION}@{LOOPBACK}:{stalls}/{parts['dbname']}",
            "NUXT_WRONG_URL": "hunter2",
            # This package takes no folder from a URL, and its host and user from the environment.
            "NUXT_JS_URL": f"postgres:///{parts['dbname']}",
            "PGHOST": str(parts["host"]),
            "PGUSERNAME": APPLICATION,
        }
        with serving(routes, dsn, environment, token_env=TOKEN) as running:
            yield Endpoints(running, database, routes)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
