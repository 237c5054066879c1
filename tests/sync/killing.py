"""Run as a program: the runner, which kills itself at a step. `python -m tests.sync.killing STEP NUMBER WORDS…`"""

from __future__ import annotations

import os
import signal
import sys

from compliance import cli
from compliance.sync import command


def main() -> int:
    step, number, *words = sys.argv[1:]
    left = int(number)

    def at(now: str) -> None:
        nonlocal left
        if now == step:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return command.sync(cli._parser().parse_args(["sync", *words]), at)


if __name__ == "__main__":
    sys.exit(main())
