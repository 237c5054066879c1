"""Agent Data beside the reference estate: the service of `fixtures/agent_data`, started on its store.

`serving()` is for the length of a block; `program()` with `service.start` is for `compliance estate up`.
"""

from __future__ import annotations

import secrets
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compliance.estate import service
from compliance.estate.resources import resource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROLE = "agent_data_app"


@dataclass(frozen=True, slots=True)
class ReverseSync:
    """The Directus that documents go back to."""

    url: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AgentData:
    """Where it is while it runs, and what opens it."""

    url: str
    api_key: str = field(repr=False)
    place: service.Place


def program(
    dsn: str, *, repository: Path, api_key: str, reverse: ReverseSync | None = None, port: int | None = None
) -> service.Program:
    """How it is started. `dsn` is of the role `agent_data_app`; nothing secret becomes an argument."""
    port = service.free_port() if port is None else port
    command = [sys.executable, str(resource("fixtures/agent_data/serve.py")),
               "--port", str(port), "--repository", str(repository)]  # fmt: skip
    environment = {"API_KEY": api_key, "AGENT_DATA_DSN": dsn, "PYTHONDONTWRITEBYTECODE": "1"}
    if reverse is not None:
        command += ["--directus-url", reverse.url]
        environment["DIRECTUS_TOKEN"] = reverse.token
    return service.Program(
        name="Agent Data",
        command=tuple(command),
        environment=environment,
        url=f"http://{service.LOOPBACK}:{port}",
        ready="/health",
        secrets=(api_key, reverse.token if reverse else ""),
        timeout=30.0,
    )


@contextmanager
def serving(
    dsn: str,
    *,
    repository: Path,
    api_key: str | None = None,
    reverse: ReverseSync | None = None,
    port: int | None = None,
) -> Iterator[AgentData]:
    """The service for the length of a block, with a key that is made up where none is given."""
    key = api_key or secrets.token_urlsafe(24)
    found = program(dsn, repository=repository, api_key=key, reverse=reverse, port=port)
    with service.serving(found) as place:
        yield AgentData(found.url, key, place)
