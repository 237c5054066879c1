"""A repository of a test's own, with real git and real bash, and the runner on it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.cli import sync_directional

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "#!/usr/bin/env bash\nset -euo pipefail\n"


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def told(self) -> str:
        return self.out + self.err

    @property
    def summary(self) -> Any:
        return json.loads(self.out)

    @property
    def result(self) -> Any:
        """Of a run of one target."""
        (found,) = self.summary["results"]
        return found


class Sandbox:
    """`root`: the main tree. Its configuration is JSON, which YAML can read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Tester")
        self.git("config", "user.email", "tester@example.org")
        self.targets: dict[str, dict[str, Any]] = {}
        self.rest: dict[str, Any] = {}

    def git(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.root, capture_output=True, check=False)
        assert not check or done.returncode == 0, done.stderr.decode()
        return os.fsdecode(done.stdout)

    def pull(self, name: str, script: str, outputs: list[str] | None = None, **keys: Any) -> None:
        """A pull target and its entrypoint."""
        self.target(name, script, direction="pull", outputs=outputs or ["out/**"], **keys)

    def target(self, name: str, script: str, **keys: Any) -> None:
        self.script(f"scripts/{name}.sh", script)
        self.targets[name] = {"description": name, "entrypoint": f"scripts/{name}.sh", **keys}

    def connector(self, name: str, connector: str, config: dict[str, Any], **keys: Any) -> None:
        """A target without a script: `compliance sync` starts the connector in a process of its own."""
        self.targets[name] = {"description": name, "connector": connector, "config": config, **keys}

    def script(self, path: str, text: str) -> None:
        self.file(path, text if text.startswith("#!") else HEAD + text + "\n")
        (self.root / path).chmod(0o755)

    def file(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def commit(self) -> str:
        """All of it, the configuration too; gives the commit."""
        told = {"version": "1.0", "targets": self.targets, **self.rest}
        self.file(".insightpulse/sync.yaml", json.dumps(told, indent=1))
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "--no-verify", "-m", "as it begins")
        return self.head

    def run(self, *arguments: str) -> Ran:
        """In this process: what the console script does."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.chdir(self.root), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = sync_directional(arguments)
        return Ran(code, out.getvalue(), err.getvalue())

    def start(self, *arguments: str, env: dict[str, str] | None = None, **keys: Any) -> subprocess.Popen[str]:
        """As a process, which can be sent signals; SIGINT is as it is in a terminal."""
        code = (
            "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
            " from compliance.cli import sync_directional; sys.exit(sync_directional())"
        )
        return subprocess.Popen(
            [sys.executable, "-c", code, *arguments], cwd=self.root, env={**os.environ, **(env or {})},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **keys,
        )  # fmt: skip

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    @property
    def status(self) -> str:
        return self.git("status", "--porcelain", "--untracked-files=all", "-z")

    def committed(self, commit: str = "HEAD") -> list[str]:
        """The paths of the newest commit."""
        told = self.git("show", "--no-patch" if commit == "" else "--name-only", "--format=", "-z", commit)
        return sorted(path for path in told.split("\0") if path)

    def tree(self) -> dict[str, bytes]:
        """All files but git's own, with what is in them."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and ".git" not in path.relative_to(self.root).parts
        }

    def untouched(self, before: str) -> bool:
        """Is the repository as it was, with no worktree left behind?"""
        left = self.git("worktree", "list", "--porcelain").count("worktree ")
        return self.head == before and self.status == "" and left == 1
