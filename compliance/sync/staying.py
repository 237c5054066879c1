"""A git that stays, and answers one question after the other: to start one takes longer than most answers."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn, cast

from compliance.sync.repository import GitFailed, environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from io import BufferedReader
    from pathlib import Path


class Staying:
    """For one thread. Raises `GitFailed` where it ends instead, as when the disk is full; then another is needed."""

    def __init__(self, *words: str, cwd: Path, env: Mapping[str, str]) -> None:
        self.words = words
        self.process = subprocess.Popen(  # noqa: S603 - a list, no shell
            ["git", *words],  # noqa: S607 - the user's own git
            cwd=cwd, env=environment({**env, "GIT_FLUSH": "1"}), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self.answers = cast("BufferedReader", self.process.stdout)

    @property
    def over(self) -> bool:
        return self.process.poll() is not None

    def line(self, asked: bytes) -> bytes:
        """The first line of its answer."""
        self._ask(asked)
        return self.answers.readline() or self._failed()

    def read(self, size: int) -> bytes:
        """More of the answer that the last line began."""
        return self.answers.read(size)

    def fields(self, asked: bytes, count: int) -> list[bytes]:
        """An answer of so many fields, each with a zero behind it."""
        self._ask(asked)
        said = b""
        while said.count(b"\0") < count:
            said += self.answers.read1() or self._failed()
        return said.split(b"\0")[:count]

    def _ask(self, asked: bytes) -> None:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended, and said why
            self.process.stdin.write(asked)
            self.process.stdin.flush()

    def _failed(self) -> NoReturn:
        assert self.process.stderr is not None
        said = self.process.stderr.read().decode(errors="backslashreplace").strip()
        self.process.wait()
        raise GitFailed(self.words, said or "it ended")

    def close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            with suppress(OSError):  # it is gone
                pipe.close()
        self.process.wait()
