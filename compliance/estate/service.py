"""A service beside the database, started on loopback: Directus, or Agent Data. Gone when its user is.

`serving()` is for the length of a block. `start()` with `stay=True` is for `compliance estate up`; `stop()` ends
that. Both run it under the keeper of PostgreSQL (`keeper.py`), which ends it even when its user was killed.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from compliance.core.errors import ConfigurationError
from compliance.estate import keeper
from compliance.estate.embedded import bare_environment
from compliance.estate.pgbin import try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.estate.pgbin import Account

PORTS = range(20_000, 32_000)
PATIENCE = 10  # seconds from the request to end until it is ended
LOOPBACK = "127.0.0.1"
LAST_LINES, WIDTH = 16, 300
# How Node shows where an error came by, and what it does not have.
_NOISE = re.compile(r"\s+(at .+|\w+: undefined,?)")
# A proxy of the caller's environment knows nothing of our loopback.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Program:
    """What is started. `environment` is all that it gets beside PATH, a locale and a HOME of its own.

    `account`: who it runs as where the caller is root and it need not be.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    url: str
    ready: str  # the path that answers 200 once the service does
    cwd: Path | None = None
    secrets: tuple[str, ...] = field(repr=False, default=())  # what no error may repeat of its log
    timeout: float = 60.0
    account: Account | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The folder that a service has for itself: what it said, and who needs it."""

    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def home(self) -> Path:
        """Where the service may write."""
        return self.folder / "home"

    @property
    def users(self) -> Path:
        """Locked, shared, by everyone who needs the service."""
        return self.folder / "users"

    @property
    def stay(self) -> Path:
        """While this file exists the service outlives its users."""
        return self.folder / "stay"

    @property
    def process(self) -> Path:
        """Its process id; locked by the keeper for as long as that is true."""
        return self.folder / "process"


def free_port() -> int:
    """One that nobody listens on, below those that Linux hands out by itself until the service has taken it."""
    for _ in range(100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOOPBACK, secrets.choice(PORTS)))
            return int(probe.getsockname()[1])
    raise ConfigurationError(
        f"no port from {PORTS.start} to {PORTS.stop - 1} is free", remedy="end what listens there"
    )


@contextmanager
def serving(program: Program) -> Iterator[Place]:
    """The service for the length of a block, whose end waits for the service's; nothing is left of it."""
    place = Place(Path(tempfile.mkdtemp(prefix="dotc-service-")))
    keeping: subprocess.Popen[bytes] | None = None
    try:
        with place.users.open("a") as users:
            fcntl.flock(users, fcntl.LOCK_SH)
            keeping = _launch(program, place, (place.folder,))
            _wait_until_ready(program, place, keeping)
            yield place
    finally:
        if keeping is not None:
            keeping.wait(PATIENCE + 5)
        shutil.rmtree(place.folder, ignore_errors=True)


def start(program: Program, place: Place) -> None:
    """Start it so that it stays when this process has ended, until `stop`."""
    place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.stay.unlink(missing_ok=True)  # of one that is gone: this one stays only once it is ready
    with place.users.open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        keeping = _launch(program, place)
        _wait_until_ready(program, place, keeping)
        place.stay.touch()
    keeping.returncode = 0  # not waited for: it outlives this process


def running(place: Place) -> bool:
    """Is it there? A file that a crash has left may name a process that is another one by now."""
    return _process(place) is not None


def stop(place: Place) -> None:
    """End it and wait for that; nothing happens if it is not there."""
    place.stay.unlink(missing_ok=True)
    pid = _process(place)
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while _process(place) == pid:
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            deadline += PATIENCE
        time.sleep(0.01)


def _process(place: Place) -> int | None:
    try:
        with place.process.open() as file:
            return None if try_lock(file, fcntl.LOCK_SH) else int(file.read())
    except (FileNotFoundError, ValueError):
        return None


def _launch(program: Program, place: Place, removed: tuple[Path, ...] = ()) -> subprocess.Popen[bytes]:
    """The keeper with its order, which holds secrets and therefore is no argument."""
    _make_home(program, place)
    order = {
        "command": program.command,
        "environment": bare_environment() | {"HOME": str(place.home)} | dict(program.environment),
        "account": program.account,
        "signal": signal.SIGTERM,
        "patience": PATIENCE,
        "users": str(place.users),
        "stay": str(place.stay),
        "process": str(place.process),
        "remove": [str(path) for path in removed],
    }
    place.log.touch(mode=0o600)
    with place.log.open("wb") as log:
        keeping = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", keeper.__file__], cwd=program.cwd or place.home,
            stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    written: IO[bytes] | None = keeping.stdin
    assert written is not None
    with written:
        written.write(json.dumps(order).encode())
    return keeping


def _make_home(program: Program, place: Place) -> None:
    """Its own, and the only one of ours that it may write to, whoever it runs as."""
    place.home.mkdir(mode=0o700, exist_ok=True)
    if program.account is not None:
        os.chown(place.home, program.account.uid, program.account.gid)
        place.folder.chmod(0o711)


def _wait_until_ready(program: Program, place: Place, keeping: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + program.timeout
    while not _answers(program):
        if keeping.poll() is not None:
            raise failed(program, place, "did not start")
        if time.monotonic() > deadline:
            raise failed(program, place, f"was not ready after {program.timeout:.0f} s")
        time.sleep(0.02)


def _answers(program: Program) -> bool:
    try:
        with _DIRECT.open(f"{program.url}{program.ready}", timeout=5) as answer:
            return int(answer.status) == 200
    except OSError:
        return False


def failed(program: Program, place: Place, what: str) -> ConfigurationError:
    """Its last lines, without its secrets."""
    said = place.log.read_text(errors="replace") if place.log.exists() else ""
    for secret in filter(None, program.secrets):
        said = said.replace(secret, "…")
    lines = [line for line in said.strip().splitlines() if not _NOISE.fullmatch(line)]
    last = [line[:WIDTH] for line in lines[-LAST_LINES:]]
    return ConfigurationError(f"{program.name} {what}", lines=last, mark="|", remedy="read the lines above")
