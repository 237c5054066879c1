"""Packages of npm that are pinned by a lock file, installed once for each content of it into the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from compliance.core.errors import ConfigurationError
from compliance.estate.pgbin import locked
from compliance.estate.resources import resource

if TYPE_CHECKING:
    from collections.abc import Callable

    from compliance.estate.node import Node

PINNED = ("package.json", "package-lock.json", ".npmrc")
FORGOTTEN_AFTER = 30 * 24 * 3600.0
# No script of a package is run. Optional ones are needed: the driver of PostgreSQL is optional to Directus.
_QUIET = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


class Package(NamedTuple):
    """What is pinned in a folder of ours."""

    name: str  # of the folder in the cache
    pinned: str  # the folder that holds PINNED
    title: str  # as a person knows it, with what to expect of its installation
    without: str  # what can be done where npm reaches no registry


def cache() -> Path:
    """Where what can be fetched again is kept."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "dot-compliance"


def installed(
    package: Package, node: Node, where: Path | None = None, report: Callable[[str], None] = lambda _: None
) -> Path:
    """The folder that holds `node_modules`, installed there if this lock file never was."""
    home = (where or cache()) / f"{package.name}-{_digest(package)}"
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        with locked(home.with_name(f"{package.name}.npm-lock")):
            if not home.exists():
                _clear(home, package)
                report(f"installing {package.title}")
                _install(package, node, home)
    os.utime(home)
    return home


def _digest(package: Package) -> str:
    parts = (resource(f"{package.pinned}/{name}").read_bytes() for name in PINNED)
    return sha256(b"".join(parts)).hexdigest()[:16]


def _clear(home: Path, package: Package) -> None:
    """What a killed installation has left, which nobody but who holds the lock could still need; and old ones."""
    for path in home.parent.glob(f".{package.name}-building-*"):
        shutil.rmtree(path, ignore_errors=True)
    for path in home.parent.glob(f"{package.name}-*"):
        if path.is_dir() and time.time() - path.stat().st_mtime > FORGOTTEN_AFTER:
            shutil.rmtree(path, ignore_errors=True)


def _install(package: Package, node: Node, home: Path) -> None:
    """Beside its place and then renamed: an interrupted installation leaves no half of one."""
    building = Path(tempfile.mkdtemp(prefix=f".{package.name}-building-", dir=home.parent))
    try:
        building.chmod(0o755)
        for name in PINNED:
            shutil.copyfile(resource(f"{package.pinned}/{name}"), building / name)
        _npm_ci(package, node, building)
        building.rename(home)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _npm_ci(package: Package, node: Node, folder: Path) -> None:
    done = subprocess.run(  # noqa: S603 - npm as it was found, with arguments of ours
        [*node.npm, *_QUIET], cwd=folder, env=node.environment(), capture_output=True, text=True, check=False,
        umask=0o022,
    )  # fmt: skip
    if done.returncode:
        # What is wrong comes first; advice on proxies and the place of a log come last.
        said = [line.removeprefix("npm error").strip() for line in (done.stderr or done.stdout).splitlines()]
        first = " / ".join([line for line in said if line][:4])
        raise ConfigurationError(
            f"{package.title.partition(' (')[0]} could not be installed: {first}",
            remedy="give npm a registry that it reaches (`npm config set registry`)"
            + (f"; {package.without}" if package.without else ""),
        )
