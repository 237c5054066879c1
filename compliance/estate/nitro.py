"""The endpoints of a repository on loopback: its folder of routes, built by Nitro, which is what is under Nuxt.

For tests, and for `compliance estate up --directus`. A built output is kept by the digest of what it was built from,
and only that is run: `nitropack dev` would leave a process behind. It gets nothing of the caller's environment.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from compliance.core.errors import ConfigurationError
from compliance.estate import node, npm, service
from compliance.estate.embedded import bare_environment
from compliance.estate.pgbin import account, cache_home, locked
from compliance.estate.resources import resource
from compliance.estate.service import LOOPBACK, Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

NEEDED = 20
VERSION = "2.13.6"
PACKAGE = npm.Package("nitro", "fixtures/nitro", f"Nitro {VERSION} (once: half a minute, 90 MB)", "")
PROGRAM = Path("node_modules") / "nitropack" / "dist" / "cli" / "index.mjs"
ROUTES = "server"  # what the folder is called where it is built, as `nitro.config.ts` says
CONFIGURATION = ("nitro.config.ts", "ready.ts", "package.json")
READY = "/__ready"
LAST_LINES = 12


class Installed(NamedTuple):
    """Node for who builds and for who serves, and the packages."""

    found: node.Node
    node: Path
    home: Path


@dataclass(frozen=True, slots=True)
class Nitro:
    """A running one. `token`: what its endpoints know their caller by."""

    url: str
    token: str = field(repr=False)
    place: service.Place


def install(report: Callable[[str], None] = lambda _: None) -> Installed:
    """Node and the pinned packages, fetched once."""
    found = node.find(NEEDED, f"Nitro {VERSION}")
    return Installed(found, node.runnable(found.binary), npm.installed(PACKAGE, found, cache_home(), report))


def build(routes: Path, report: Callable[[str], None] = lambda _: None) -> Path:
    """The folder of what this folder of routes was built into; built where nobody built the same before."""
    installed = install(report)
    home = cache_home() / f"nitro-built-{digest(routes)}"
    with locked(cache_home() / "nitro-built.lock"):
        if not home.exists():
            _forget(home.parent)
            report("building the endpoints")
            _build(installed, routes, home)
    os.utime(home)
    return home


def digest(routes: Path) -> str:
    """Of all that decides what is built."""
    found = sha256(installed_as().encode())
    for path in sorted(path for path in routes.rglob("*") if path.is_file()):
        found.update(f"\0{path.relative_to(routes)}\0".encode() + path.read_bytes())
    return found.hexdigest()[:16]


def installed_as() -> str:
    """The digest of packages and configuration."""
    pinned = (resource(f"{PACKAGE.pinned}/{name}").read_bytes() for name in (*npm.PINNED, *CONFIGURATION))
    return sha256(b"\0".join(pinned)).hexdigest()


def _forget(cache: Path) -> None:
    """What a killed build has left, and what nobody used for long."""
    for path in cache.glob(".nitro-building-*"):
        shutil.rmtree(path, ignore_errors=True)
    for path in cache.glob("nitro-built-*"):
        if path.is_dir() and time.time() - path.stat().st_mtime > npm.FORGOTTEN_AFTER:
            shutil.rmtree(path, ignore_errors=True)


def _build(installed: Installed, routes: Path, home: Path) -> None:
    """Aside, and then renamed: half an output would look like one."""
    building = Path(tempfile.mkdtemp(prefix=".nitro-building-", dir=home.parent))
    try:
        for name in CONFIGURATION:
            shutil.copyfile(resource(f"{PACKAGE.pinned}/{name}"), building / name)
        shutil.copytree(routes, building / ROUTES, symlinks=True)
        (building / "node_modules").symlink_to(installed.home / "node_modules")
        _run(installed, building)
        for path in (building / ".output").rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        (building / ".output").chmod(0o755)
        (building / ".output").rename(home)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _run(installed: Installed, building: Path) -> None:
    """The build itself, for which a home of its own is enough."""
    environment = {**bare_environment(), "HOME": str(building), "NODE_ENV": "production", "CI": "true"}
    done = subprocess.run(  # noqa: S603 - Node and the program of the pinned packages
        [installed.found.binary, str(installed.home / PROGRAM), "build", "--dir", str(building)],
        cwd=building, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode or not (building / ".output" / "server" / "index.mjs").exists():
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise ConfigurationError(
            "the endpoints could not be built",
            lines=[line[: service.WIDTH] for line in said[-LAST_LINES:]], mark="|",
            remedy="correct what is in the folder of routes",
        )  # fmt: skip


def program(
    built: Path, dsn: str, environment: Mapping[str, str], *, port: int, of: Installed | None = None
) -> Program:
    """How a built output is started. `environment`: beside the address of the database; its values are secret."""
    address = database_url(dsn)
    return Program(
        name="Nitro",
        command=(str((of or install()).node), str(built / "server" / "index.mjs")),
        environment={
            "HOST": LOOPBACK,
            "PORT": str(port),
            "NODE_ENV": "production",
            "NUXT_DATABASE_URL": address,
            **environment,
        },
        url=f"http://{LOOPBACK}:{port}",
        ready=READY,
        secrets=(address, *(value for value in environment.values() if len(value) > 7)),
        timeout=30.0,
        account=account(),
    )


def database_url(dsn: str) -> str:
    """As a URL, which is what endpoints are told; a folder, for a socket, is written as the host."""
    parts = conninfo_to_dict(dsn)
    user, host, name = (quote(str(parts[key]), safe="") for key in ("user", "host", "dbname"))
    password = f":{quote(str(parts['password']), safe='')}" if parts.get("password") else ""
    return f"postgres://{user}{password}@{host}:{parts.get('port', 5432)}/{name}"


@contextmanager
def serving(
    routes: Path,
    dsn: str,
    environment: Mapping[str, str] | None = None,
    *,
    token_env: str,
    token: str | None = None,
    port: int | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Iterator[Nitro]:
    """The endpoints of a folder of routes for the length of a block. `dsn`: as the role that endpoints connect as.

    `token_env`: under which name the server is told the token, which is made up where none is given.
    """
    token = token or secrets.token_urlsafe(24)
    told = {token_env: token, **(environment or {})}
    built = build(routes, report)
    found = program(built, dsn, told, port=service.free_port() if port is None else port)
    with service.serving(found) as place:
        yield Nitro(found.url, token, place)
