"""The reference estate: one cluster in the user's cache, loaded once from `sql/reference/`, run when needed.

A second copy of its files stays untouched (`pristine`), so that `reset()` restores everything that a person may
have broken: rows, objects, roles, settings and the repository, and not only what a template database holds.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, NoReturn

from compliance.core.errors import ConfigurationError, CouldNotLook
from compliance.estate.embedded import START_TIMEOUT, Cluster, Server, ready, start
from compliance.estate.pgbin import bindir, locked, try_lock
from compliance.estate.reference_build import (
    DATABASE,
    OWNER,
    PROBE,
    build_once,
    cluster_of_reference,
    copy_cluster,
    write_files,
)
from compliance.estate.resources import resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compliance.estate.config import Estate


@dataclass(frozen=True, slots=True)
class ReferenceEstate:
    """Where the reference estate is, while it runs."""

    server: Server
    directory: Path

    def dsn(self, role: str = PROBE) -> str:
        """The estate's database as this role sees it."""
        return self.server.dsn(DATABASE, role)

    @property
    def repository(self) -> Path:
        """A copy, so that a person can break it."""
        return self.directory / "repository"

    @property
    def estate_file(self) -> Path:
        return self.directory / "estate.yaml"


class Status(NamedTuple):
    """`running` may be for an audit that is under way; `stays` is what `up` asked for."""

    directory: Path
    built: bool
    running: bool
    stays: bool


@contextmanager
def reference() -> Iterator[ReferenceEstate]:
    """The estate, started if it is not up, stopped by the last of its users unless `up` asked it to stay."""
    cluster = cluster_of_reference()
    users = _join(cluster)
    try:
        yield _handle(cluster)
    finally:
        _leave(cluster, users)


@contextmanager
def running(estate: Estate) -> Iterator[Estate]:
    """An estate that says `embedded: true`, with the address that it has while it runs."""
    own = resource("fixtures/reference/repository").resolve()
    with reference() as found:
        is_own = estate.repository is not None and estate.repository.resolve() == own
        repository = found.repository if is_own else estate.repository
        ledger = estate.ledger or found.directory / "ledger"
        yield replace(estate, dsn=found.dsn(), writer=found.dsn(OWNER), repository=repository, ledger=ledger)


def up() -> ReferenceEstate:
    """Start it, and let it stay after this process has ended."""
    cluster = cluster_of_reference()
    users = _join(cluster, stay=True)
    _leave(cluster, users)
    return _handle(cluster)


def down() -> None:
    """Stop it now, whoever is connected; nothing happens if it is not up."""
    cluster = cluster_of_reference()
    with locked(_mutex(cluster)):
        cluster.stay.unlink(missing_ok=True)
        _stop(cluster)
        shutil.rmtree(cluster.socket_dir, ignore_errors=True)


def status() -> Status:
    cluster = cluster_of_reference()
    running = _alive(cluster)
    return Status(cluster.data.parent, cluster.data.exists(), running, running and cluster.stay.exists())


def reset() -> ReferenceEstate:
    """Content, roles and repository as they were built. The DSN stays the same; who is connected is cut off."""
    cluster = cluster_of_reference()
    with locked(_mutex(cluster)):
        build_once(cluster)
        was_up = _alive(cluster)
        _stop(cluster)
        shutil.rmtree(cluster.data)
        copy_cluster(cluster.data.with_name("pristine"), cluster.data)
        write_files(cluster, cluster.data.parent)
    if was_up:
        _leave(cluster, _join(cluster, stay=cluster.stay.exists()))
    return _handle(cluster)


def psql(arguments: Sequence[str] = ()) -> NoReturn:
    """Become psql as the owner of the estate; the lock goes along, so that the server lasts as long."""
    cluster = cluster_of_reference()
    users = _join(cluster)
    os.set_inheritable(users.fileno(), True)
    program = str(bindir() / "psql")
    dsn = _handle(cluster).dsn(OWNER)
    try:
        os.execv(program, [program, dsn, *arguments])  # noqa: S606 - a list, no shell
    except OSError as problem:
        _leave(cluster, users)
        raise ConfigurationError(
            f"{program} does not run: {problem.strerror}",
            remedy="let COMPLIANCE_PG_BIN name a folder with psql",
        ) from problem


def _mutex(cluster: Cluster) -> Path:
    """Held by who builds, starts or stops; never by who merely uses it."""
    return cluster.data.parent.with_suffix(".lock")


def _handle(cluster: Cluster) -> ReferenceEstate:
    return ReferenceEstate(cluster.server, cluster.data.parent)


def _join(cluster: Cluster, *, stay: bool = False) -> IO[str]:
    """Become one of its users. A keeper that is stopping the server lets us in when that is done."""
    with locked(_mutex(cluster)):
        build_once(cluster)
        users = cluster.users.open("a")
        try:
            fcntl.flock(users, fcntl.LOCK_SH)
            if not _alive(cluster):
                cluster.stay.unlink(missing_ok=True)
                _start(cluster)
            if stay:
                cluster.stay.touch()
        except BaseException:
            users.close()
            raise
    os.utime(cluster.users)
    return users


def _leave(cluster: Cluster, users: IO[str]) -> None:
    """Give the lock back; the last one waits until the keeper has stopped the server."""
    users.close()
    if cluster.stay.exists():
        return
    with cluster.users.open("a") as probe:
        last = try_lock(probe, fcntl.LOCK_EX) or not try_lock(probe, fcntl.LOCK_SH)
    if last:
        _wait_until_gone(cluster)


def _start(cluster: Cluster) -> None:
    _wait_until_gone(cluster)  # one that is stopping by itself
    (cluster.data / "postmaster.pid").unlink(missing_ok=True)
    # Not waited for: the keeper outlives this process when another one still uses the server.
    start(cluster).returncode = 0


def _process(cluster: Cluster) -> int | None:
    """Its id while it runs: a file that a crash has left may name a process that is another one by now."""
    try:
        pid = int((cluster.data / "postmaster.pid").read_text().split("\n", 1)[0])
        if sys.platform == "linux":
            return pid if Path(f"/proc/{pid}/cwd").readlink() == cluster.data.resolve() else None
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    return pid


def _alive(cluster: Cluster) -> bool:
    return _process(cluster) is not None and ready(cluster)


def _stop(cluster: Cluster) -> None:
    pid = _process(cluster)
    if pid is not None:
        os.kill(pid, signal.SIGINT)
        _wait_until_gone(cluster)


def _wait_until_gone(cluster: Cluster) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while _process(cluster) is not None:
        if time.monotonic() > deadline:
            raise CouldNotLook(f"the server in {cluster.data} does not stop", remedy=f"see {cluster.log}")
        time.sleep(0.005)
