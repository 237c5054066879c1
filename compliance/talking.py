"""How commands speak: results on standard output, progress beside it and on a terminal alone."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """Progress: on the terminal's error stream alone, so that output can be piped and logs stay short."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[2K… {text}")
        sys.stderr.flush()


def done() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[2K")
        sys.stderr.flush()


def write(text: str) -> None:
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
