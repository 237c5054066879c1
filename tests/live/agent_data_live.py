"""Agent Data on a clone of the reference estate, asked by a client that judges every answer by its schema."""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from compliance.estate import agent_data
from compliance.estate.resources import resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from compliance.estate.agent_data import AgentData

REPOSITORY = resource("fixtures/reference/repository")
SCHEMAS = resource("fixtures/agent_data/schemas")
ENDPOINTS: dict[str, dict[str, Any]] = json.loads((SCHEMAS / "endpoints.json").read_text())["endpoints"]
PREFIXES = '_SYNC_PREFIXES = ("knowledge/",)'


@cache
def _validator(name: str) -> Draft202012Validator:
    files = {path.stem: json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")}
    registry: Registry[Any] = Registry().with_resources(
        (stem, Resource.from_contents(schema)) for stem, schema in files.items() if stem != "endpoints"
    )
    return Draft202012Validator(files[name], registry=registry)


def endpoint(method: str, path: str) -> str:
    """The first in the order of the file whose template the address fits; the service goes by it too."""
    for named in ENDPOINTS:
        verb, template = named.split(" ")
        pattern = re.escape(template).replace(r"\{id:path\}", ".+").replace(r"\{id\}", "[^/]+")
        if verb == method and re.fullmatch(pattern, path.partition("?")[0]):
            return named
    raise AssertionError(f"{method} {path} is no declared endpoint")


@contextmanager
def asking(agent: AgentData) -> Iterator[Client]:
    """A client for the length of a block."""
    headers = {"X-API-Key": agent.api_key}
    with httpx.Client(base_url=agent.url, headers=headers, trust_env=False, timeout=30) as http:
        yield Client(http)


@contextmanager
def served(store: str, repository: Path = REPOSITORY, **more: Any) -> Iterator[Client]:
    """The service on this store, and who asks it."""
    with agent_data.serving(store, repository=repository, **more) as agent, asking(agent) as client:
        yield client


class Client:
    """Asks as whoever has the key."""

    def __init__(self, http: httpx.Client) -> None:
        self.used: set[str] = set()
        self._http = http

    def ask(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None) -> httpx.Response:
        """One request. Its answer has the shape that is declared for its status, and no key besides."""
        named = endpoint(method, path)
        self.used.add(named)
        answer = self._http.request(method, path, json=body, content=raw)
        shape = ENDPOINTS[named]["responses"].get(str(answer.status_code), "error")
        _validator(shape).validate(answer.json())
        return answer

    def status(self, method: str, path: str, body: Any = None) -> int:
        return self.ask(method, path, body).status_code

    def log(self, **query: object) -> list[dict[str, Any]]:
        """Newest first."""
        said = "&".join(f"{name}={value}" for name, value in query.items())
        items: list[dict[str, Any]] = self.ask("GET", f"/api/events/log?limit=1000&{said}").json()["items"]
        return items

    def newest(self) -> int:
        """The number after which whatever is logged was caused by what comes now."""
        found = self.ask("GET", "/api/events/log?limit=1").json()["items"]
        return found[0]["id"] if found else 0

    def settled(self, **query: object) -> list[dict[str, Any]]:
        """The log once nothing of it is under way, and as much as can be told nothing more comes."""
        seen: list[dict[str, Any]] = []
        for _ in range(100):
            time.sleep(0.05)
            now = self.log(**query)
            if now == seen and all(entry["status"] != "pending" for entry in now):
                return now
            seen = now
        raise AssertionError(f"it goes on and on: {seen[:3]}")


def document(document_id: str, body: str = "text", **more: Any) -> dict[str, Any]:
    """What one sends to have it."""
    content = {"mime_type": "text/markdown", "body": body}
    return {"document_id": document_id, "content": content, "metadata": {"title": f"On {document_id}"}, **more}


def stored(store: str, document_id: str) -> list[dict[str, Any]]:
    with psycopg.connect(store) as connection:
        query = "select data from agent_data.kb_documents where key = %s"
        return [row[0] for row in connection.execute(query, (document_id.replace("/", "__"),)).fetchall()]


def repository(target: Path, prefixes: str) -> Path:
    """The governed repository, with these prefixes in its source."""
    shutil.copytree(REPOSITORY, target, ignore=shutil.ignore_patterns("__pycache__"))
    source = target / "agent_data" / "directus_sync.py"
    text = source.read_text()
    assert PREFIXES in text
    source.write_text(text.replace(PREFIXES, f"_SYNC_PREFIXES = {prefixes}"))
    return target


@contextmanager
def receiver() -> Iterator[tuple[str, Callable[[int], list[dict[str, Any]]]]]:
    """Somebody who wants to be told: his address, and what he was told once it is this much."""
    told: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(500 if self.path == "/fails" else 204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature is the base's
            """Nothing."""

    def once(number: int) -> list[dict[str, Any]]:
        deadline = time.monotonic() + 10
        while len(told) < number and time.monotonic() < deadline:
            time.sleep(0.01)
        return told

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", once
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
