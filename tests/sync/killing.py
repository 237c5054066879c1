"""Run as a program: the runner, which kills itself at a step. `python -m tests.sync.killing STEP NUMBER WORDS…`"""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module

from compliance import cli


def main() -> int:
    step, number, *words = sys.argv[1:]
    left = int(number)

    def at(now: str) -> None:
        nonlocal left
        if now == step:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    parsed = cli.parser().parse_args(["sync", *words])
    return int(getattr(import_module(f"compliance.{parsed.module}"), parsed.call)(parsed, at))


if __name__ == "__main__":
    sys.exit(main())
