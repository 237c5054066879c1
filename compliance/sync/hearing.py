"""The last whole line that a command said, while it runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST = 4096  # bytes of a line; of a longer one nothing is shown
_LEAST = 0.1  # seconds between two lines that are told: nobody reads faster


class Ear:
    """Of one command. Only whole lines: of half a secret nobody knows that it is one."""

    def __init__(self, told: Callable[[str], None]) -> None:
        self.told, self.held, self.at = told, [bytearray(), bytearray()], 0.0

    def __call__(self, stream: int, block: bytes) -> None:
        held = self.held[stream]
        held += block
        whole, newline, rest = bytes(held).rpartition(b"\n")
        if newline:
            self._tell(whole.rstrip().rpartition(b"\n")[2])
        # What is too long stays cut off until it ends, or its end would be taken for a line.
        self.held[stream] = bytearray(rest if len(rest) <= _LONGEST else rest[: _LONGEST + 1])

    def _tell(self, line: bytes) -> None:
        now = time.monotonic()
        if line.strip() and len(line) <= _LONGEST and now - self.at >= _LEAST:
            self.at = now
            self.told(line.decode(errors="backslashreplace").strip())
