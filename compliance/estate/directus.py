"""A real Directus on a database of ours, on loopback: for tests, and for `compliance estate up --directus`.

It gets nothing of the caller's environment, asks nobody outside, and where the caller is root it is not. The
tables are those of `sql/reference/`, which were captured from a bootstrap of this version: nothing is migrated.
"""

from __future__ import annotations

import secrets
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from compliance.core import compose
from compliance.core.errors import ConfigurationError
from compliance.estate import node, npm, service
from compliance.estate.directus_people import People, drawn, introduce
from compliance.estate.pgbin import account, cache_home
from compliance.estate.resources import resource
from compliance.estate.service import LOOPBACK, Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NEEDED = 22
VERSION = "11.17.4"
APPLICATION = "directus_app"
PACKAGE = npm.Package("directus", "fixtures/directus", f"Directus {VERSION} (once: about a minute, 800 MB)", "")
# `directus/cli.js` would first ask the npm registry for its newest version, and wait for the answer.
PROGRAM = Path("node_modules") / "@directus" / "api" / "dist" / "cli" / "run.js"
ALLOWED = ("WEB_URL", "AGENT_DATA_URL", "AGENT_DATA_API_KEY", "BIRTH_SCAN_TOKEN")
# All but 127.0.0.0/8, which Directus denies by default: here the counterparts of its flows run there, and only there.
DENIED = ("0.0.0.0-126.255.255.255", "128.0.0.0-255.255.255.255", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
# What the reference estate declares of its Directus.
_DECLARED, _SERVICE, _SEARCH_PATH = (
    "fixtures/reference/repository/docker-compose.yml",
    "directus",
    "DB_SEARCH_PATH",
)
NOBODY = f"http://{LOOPBACK}:9"  # the discard port: refused at once


class Installed(NamedTuple):
    """Where the account that runs it can reach them."""

    node: Path
    home: Path


@dataclass(frozen=True, slots=True)
class Counterparts:
    """What its flows reach, and know as `$env.…`."""

    web_url: str = NOBODY
    agent_data_url: str = NOBODY
    agent_data_api_key: str = field(repr=False, default="-")
    birth_scan_token: str = field(repr=False, default="-")

    @property
    def secrets(self) -> tuple[str, ...]:
        return self.agent_data_api_key, self.birth_scan_token


@dataclass(frozen=True, slots=True)
class Directus:
    """A running one, and who may use it."""

    url: str
    people: People = field(repr=False)
    folder: Path


def declared_path() -> tuple[str, ...]:
    """Schemas in the order in which the reference estate has its Directus search them: its own tables first."""
    declared = compose.variables(resource(_DECLARED).read_text(encoding="utf-8"), _DECLARED, _SERVICE).get(
        _SEARCH_PATH
    )
    return tuple((declared or "public").removeprefix("array:").split(","))


def install(report: Callable[[str], None] = lambda _: None) -> Installed:
    """Node and the pinned packages, fetched once."""
    found = node.find(NEEDED, f"Directus {VERSION}")
    return Installed(node.runnable(found.binary), npm.installed(PACKAGE, found, cache_home(), report))


@contextmanager
def serving(
    dsn: str,
    counterparts: Counterparts | None = None,
    *,
    port: int | None = None,
    search_path: tuple[str, ...] | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Iterator[Directus]:
    """One for the length of a block. `dsn`: as whoever may write users; Directus itself is `directus_app`.

    `search_path`: schemas, if not those that the reference estate declares. Where one of them is not there, Directus
    answers every request with 500.
    """
    installed = install(report)
    people = drawn()
    introduce(dsn, people, hashed(installed, people.password))
    told, found = counterparts or Counterparts(), port or service.free_port()
    program = program_of(installed, dsn, told, people, found, search_path)
    with service.serving(program) as place:
        yield Directus(program.url, people, place.folder)


def program_of(
    installed: Installed,
    dsn: str,
    counterparts: Counterparts,
    people: People,
    port: int,
    search_path: tuple[str, ...] | None = None,
) -> Program:
    """How it is started on this database."""
    secret, url = secrets.token_urlsafe(32), f"http://{LOOPBACK}:{port}"
    database = conninfo_to_dict(make_conninfo(dsn, user=APPLICATION))
    password = str(database.get("password") or "-")
    return Program(
        name="Directus",
        command=(str(installed.node), str(installed.home / PROGRAM), "start"),
        environment={
            **_settings(installed, port, url),
            "SECRET": secret,
            "DB_CLIENT": "pg",
            "DB_HOST": str(database["host"]),  # a folder: `pg` then takes the socket in it
            "DB_PORT": str(database.get("port", 5432)),
            "DB_DATABASE": str(database["dbname"]),
            "DB_USER": APPLICATION,
            "DB_PASSWORD": password,
            _SEARCH_PATH: f"array:{','.join(search_path or declared_path())}",
            "FLOWS_ENV_ALLOW_LIST": ",".join(ALLOWED),
            "WEB_URL": counterparts.web_url,
            "AGENT_DATA_URL": counterparts.agent_data_url,
            "AGENT_DATA_API_KEY": counterparts.agent_data_api_key,
            "BIRTH_SCAN_TOKEN": counterparts.birth_scan_token,
        },
        url=url,
        ready="/server/ping",
        secrets=tuple(
            word for word in (secret, password, *counterparts.secrets, *people.secrets) if len(word) > 1
        ),
        timeout=120.0,
        account=account(),
    )


def _settings(installed: Installed, port: int, url: str) -> dict[str, str]:
    """What does not depend on the estate: on loopback, telling nobody."""
    return {
        "HOST": LOOPBACK,
        "PORT": str(port),
        "PUBLIC_URL": url,
        "NODE_ENV": "production",
        "TELEMETRY": "false",
        "EMAIL_VERIFY_SETUP": "false",
        "IMPORT_IP_DENY_LIST": ",".join(DENIED),
        "PACKAGE_FILE_LOCATION": str(installed.home),
        "LOG_STYLE": "raw",
    }


def hashed(installed: Installed, password: str) -> str:
    """As Directus itself does it, so that the user can log in."""
    code = (
        "const {hash} = require('argon2');"
        "require('node:fs').readFile(0, (_, text) => hash(text).then(said => process.stdout.write(said)))"
    )
    done = subprocess.run(  # noqa: S603 - code of ours
        [installed.node, "-e", code], cwd=installed.home, input=password, env={},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if not done.stdout.startswith("$argon2"):
        raise ConfigurationError(
            f"{installed.node} could not hash a password with the packages in {installed.home}",
            remedy="remove that folder: it is installed again",
        )
    return done.stdout
