"""Runs `compliance` with what a replay may not ask for refused by the interpreter itself: argument 1 lists the folders.

Audit hooks of Python see each file that it opens, each address that it looks up or connects to, and each process.
"""

from __future__ import annotations

import os
import runpy
import sys
from typing import Any

_NEVER = (
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "subprocess.Popen",
    "os.exec",
)


def main() -> None:
    allowed = (
        *sys.argv[1].split(os.pathsep),
        sys.prefix,
        sys.base_prefix,
        "/usr",
        "/etc",
        "/proc",
        "/dev",
        "/lib",
    )

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(_NEVER):
            raise PermissionError(f"{event} {arguments}")
        if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not path.startswith(allowed):
                raise PermissionError(f"open {path}")

    sys.addaudithook(hook)
    sys.argv = ["compliance", *sys.argv[2:]]
    try:
        runpy.run_module("compliance.cli", run_name="__main__")
    finally:
        if "psycopg" in sys.modules:
            sys.stderr.write("psycopg was imported\n")


if __name__ == "__main__":
    main()
