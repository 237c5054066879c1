"""A PostgreSQL of our own, started in half a second: private socket, no network, gone when its user is.

`throwaway()` is a fresh cluster for one run of tests. The reference estate, which is kept, is `reference.py`.
Both are started by `start()` under a keeper (`keeper.py`), which ends them even when their user was killed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.conninfo import make_conninfo

from compliance.core.errors import ConfigurationError
from compliance.estate import keeper
from compliance.estate.pgbin import account, bindir, locked, reachable, runnable

if TYPE_CHECKING:
    from collections.abc import Iterator

SUPERUSER = "postgres"
PORT = 5432  # a name inside of the socket's folder: nothing listens on the network
START_TIMEOUT = 30.0
ROOM_NEEDED = 128 << 20
ROOM_IN_MEMORY = 1 << 30

# For data that is written again in a second; never for anything that anyone wants to keep.
THROWAWAY = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, reached through a socket in a folder that only its user may enter."""

    socket_dir: Path
    port: int = PORT
    superuser: str = SUPERUSER

    def dsn(self, database: str, user: str | None = None) -> str:
        """Without a password: the mode of the socket's folder is what lets one in."""
        return make_conninfo(
            host=str(self.socket_dir), port=self.port, dbname=database, user=user or self.superuser
        )


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where one server lives."""

    data: Path
    socket_dir: Path
    users: Path  # locked, shared, by everyone who needs the server
    log: Path
    binaries: Path
    settings: tuple[str, ...] = ()
    removed: tuple[Path, ...] = ()  # by the keeper, when the last user has gone
    worthless: bool = False  # nothing is written for later when it stops

    @property
    def stay(self) -> Path:
        """While this file exists the server outlives its users."""
        return self.users.with_name("stay")

    @property
    def server(self) -> Server:
        return Server(self.socket_dir)


@contextmanager
def throwaway(binaries: Path | None = None) -> Iterator[Server]:
    """A fresh, empty cluster that nothing is left of: neither a process nor a file."""
    folder = runnable(binaries or bindir(), account())
    base = Path(tempfile.mkdtemp(prefix="dotc-", dir=_fast_place()))
    users = base / "users"
    cluster = Cluster(base / "data", base, users, base / "log", folder, THROWAWAY, (base,), worthless=True)
    try:
        give_to_account(base)
        initialise(cluster)
        with running(cluster) as server:
            yield server
    finally:
        shutil.rmtree(base, ignore_errors=True)


@contextmanager
def running(cluster: Cluster) -> Iterator[Server]:
    """The server for the length of a block, whose end waits for the server's."""
    process: subprocess.Popen[bytes] | None = None
    try:
        with locked(cluster.users):
            process = start(cluster)
            yield cluster.server
    finally:
        if process is not None:
            process.wait(START_TIMEOUT)


def _fast_place() -> Path:
    """Memory when there is plenty. Never $TMPDIR, whose length a socket's path may not have."""
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a private folder in it
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= ROOM_IN_MEMORY:
        return memory
    return Path("/tmp")  # noqa: S108 - likewise


def give_to_account(path: Path) -> None:
    who = account()
    if who is not None:
        os.chown(path, who.uid, who.gid)


def socket_path(name: str) -> Path:
    """Short, and the same from one start to the next."""
    who = account()
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "/tmp")  # noqa: S108 - `_make_private` checks
    usable = runtime.is_dir() and len(str(runtime)) < 40 and reachable(runtime, who)
    return (runtime if usable else Path("/tmp")) / f"dotc-{os.geteuid() if who is None else who.uid}-{name}"  # noqa: S108


def _make_private(path: Path) -> None:
    """In a folder that everybody may write to, somebody else may have made it first."""
    if not path.exists():
        path.mkdir(mode=0o700)
        give_to_account(path)
    entry, who = path.lstat(), account()
    owner = os.geteuid() if who is None else who.uid
    if path.is_symlink() or entry.st_uid != owner or entry.st_mode & 0o077:
        raise ConfigurationError(
            f"{path} is not private to uid {owner}", remedy=f"remove {path}: it is made again"
        )


def as_account(command: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program as the user that owns the cluster."""
    who = account()
    environment = bare_environment()
    if who is None:
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    return subprocess.run(  # noqa: S603
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False,
        user=who.uid, group=who.gid, extra_groups=[],
    )  # fmt: skip


def bare_environment() -> dict[str, str]:
    """English messages, and none of the caller's PG* variables or secrets."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


_INITDB = ("-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
           "--no-instructions", "--wal-segsize=1")  # fmt: skip


def initialise(cluster: Cluster) -> None:
    """`initdb`, or the reason why it failed."""
    parent = cluster.data.parent
    free = shutil.disk_usage(parent).free
    if free < ROOM_NEEDED:
        raise ConfigurationError(f"{parent} has {free >> 20} MiB free, a cluster needs {ROOM_NEEDED >> 20}",
                                 remedy="make room, or let XDG_CACHE_HOME name another disk")  # fmt: skip
    command = [str(cluster.binaries / "initdb"), "-D", str(cluster.data), *_INITDB]
    cluster.data.mkdir(mode=0o700)
    give_to_account(cluster.data)
    done = as_account(command, cwd=parent)
    if done.returncode:
        shutil.rmtree(cluster.data, ignore_errors=True)
        raise failed("initdb failed", done.stdout + done.stderr)


def failed(what: str, output: str) -> ConfigurationError:
    """Its last lines, and what helps against the likeliest cause."""
    full = "No space left on device" in output
    remedy = "make room on the disk" if full else "read the lines above; COMPLIANCE_PG_BIN names another server"
    return ConfigurationError(what, lines=output.strip().splitlines()[-8:], mark="|", remedy=remedy)


def start(cluster: Cluster) -> subprocess.Popen[bytes]:
    """Start the server under its keeper and wait until it answers. The caller holds `cluster.users`."""
    _make_private(cluster.socket_dir)
    chosen = (f"unix_socket_directories={cluster.socket_dir}", *_COMMON, *cluster.settings)
    settings = [part for setting in chosen for part in ("-c", setting)]
    order = {
        "command": [str(cluster.binaries / "postgres"), "-D", str(cluster.data), *settings],
        "environment": bare_environment(),
        "account": account(),
        "signal": signal.SIGQUIT if cluster.worthless else signal.SIGINT,
        "users": str(cluster.users),
        "stay": str(cluster.stay),
        "remove": [str(path) for path in cluster.removed],
    }
    with cluster.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", keeper.__file__, json.dumps(order)], cwd=cluster.data.parent,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    _wait_until_ready(cluster, process)
    return process


_COMMON = ("listen_addresses=", f"port={PORT}", "timezone=UTC", "log_timezone=UTC", "max_connections=60",
           "shared_buffers=32MB", "logging_collector=off", "jit=off")  # fmt: skip


def _wait_until_ready(cluster: Cluster, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not ready(cluster):
        if process.poll() is not None:
            raise failed("PostgreSQL did not start", cluster.log.read_text(errors="replace"))
        if time.monotonic() > deadline:
            raise failed(
                f"PostgreSQL was not ready after {START_TIMEOUT:.0f} s", cluster.log.read_text(errors="replace")
            )
        time.sleep(0.005)


def ready(cluster: Cluster) -> bool:
    """Does the server itself say so? Its eighth line does, without a connection being tried."""
    try:
        lines = (cluster.data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"
