"""Commands of `sync.yaml` run here: in a session of their own, bounded in time and output, ended with all they started.

What is left of a command is found by its process group, and where it left that, by the mark in its environment.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from threading import Event

GRACE = 5.0  # seconds between 'please end' and the end
KEPT = (
    1024 * 1024
)  # bytes of each stream: its end, where the number of a gate and the reason of a failure stand
MARK = "SYNC_RUN"  # names the run in the environment of all that it starts
_TICK = 0.2
_PROC = Path("/proc")


class Interrupted(Exception):
    """Somebody asked the runner to stop; the command was ended."""


@dataclass(frozen=True, slots=True)
class Completed:
    """`code` as a shell has it: 127: no such command, 126: it may not be run, 128 + n: ended by signal n."""

    code: int
    out: str
    err: str
    timed_out: bool = False

    @property
    def missing(self) -> bool:
        return self.code == 127

    @property
    def tail(self) -> str:
        """What a person reads first of a failure."""
        lines = [line for line in (self.err + "\n" + self.out).splitlines() if line.strip()]
        return "\n".join(lines[-20:])


class Execute(Protocol):
    """Runs a command for a target. `env` comes on top of what its commands see, `timeout` instead of its own."""

    def __call__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Completed: ...


def run(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float, stop: Event | None = None,
    heard: Callable[[int, bytes], None] | None = None,
) -> Completed:  # fmt: skip
    """Run to its end; what it started is ended with it. Raises `Interrupted` where `stop` is set. `heard`: told what
    it says, by stream, as it comes.

    The mark in `env` is what finds, at a time-out, who has left the process group; it is the target's alone.
    """
    process = _started(argv, cwd, env)
    if isinstance(process, Completed):
        return process
    reader = _Reader(process, time.monotonic() + timeout, stop, heard)
    try:
        ended = reader.until_end()
    finally:
        end(process, env.get(MARK, ""), quietly=process.poll() is not None and reader.drained())
        process.wait()
        reader.rest()
    if stop is not None and stop.is_set() and ended != "exit":
        raise Interrupted
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    return Completed(code, reader.text(0), reader.text(1), timed_out=ended == "time")


def _started(argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes] | Completed:
    try:
        return subprocess.Popen(  # noqa: S603 - the commands of the configuration are what this is for
            list(argv), cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
    except FileNotFoundError as error:
        why = "what its `#!` line names is not there" if Path(cwd, argv[0]).exists() else "not found"
        return Completed(127, "", f"{error.filename}: {why}")
    except OSError as error:
        return Completed(126, "", f"{argv[0]}: {error.strerror}")
    except ValueError as error:  # a NUL in an argument
        return Completed(126, "", f"{argv[0]}: {error}")


class _Reader:
    """Both streams until the process is gone, its time is up or somebody says stop."""

    def __init__(
        self, process: subprocess.Popen[bytes], deadline: float, stop: Event | None,
        heard: Callable[[int, bytes], None] | None,
    ) -> None:  # fmt: skip
        self.process, self.deadline, self.stop, self.heard = process, deadline, stop, heard
        assert process.stdout is not None
        assert process.stderr is not None
        self.streams = (process.stdout, process.stderr)
        self.held = (bytearray(), bytearray())
        self.selector = selectors.DefaultSelector()
        for number, stream in enumerate(self.streams):
            os.set_blocking(stream.fileno(), False)
            self.selector.register(stream, selectors.EVENT_READ, number)
        self.pid = _pidfd(process.pid)
        if self.pid is not None:
            self.selector.register(self.pid, selectors.EVENT_READ, None)

    def until_end(self) -> str:
        while self.process.poll() is None:
            left = self.deadline - time.monotonic()
            if left <= 0:
                return "time"
            if self.stop is not None and self.stop.is_set():
                return "stop"
            self._take(min(left, _TICK if self.pid is not None else 0.01))
        return "exit"

    def drained(self) -> bool:
        """Are both streams at their end? Else somebody still holds them, whose leader is gone."""
        while self._open() and self._take(0):
            pass
        return not self._open()

    def _open(self) -> bool:
        return any(key.data is not None for key in self.selector.get_map().values())

    def rest(self) -> None:
        """What is still in the pipes; nobody is waited for."""
        self.drained()
        self.selector.close()
        for stream in self.streams:
            stream.close()
        if self.pid is not None:
            os.close(self.pid)

    def text(self, number: int) -> str:
        return bytes(self.held[number]).decode(errors="backslashreplace")

    def _take(self, wait: float) -> bool:
        found = False
        for key, _ in self.selector.select(wait):
            if key.data is None:
                continue
            block = os.read(key.fd, 65536)
            found = True
            if not block:
                self.selector.unregister(key.fileobj)
            if self.heard is not None:
                self.heard(key.data, block)
            held = self.held[key.data]
            held += block
            if len(held) > 2 * KEPT:
                del held[:-KEPT]
        return found


def _pidfd(pid: int) -> int | None:
    """Wakes the reader as soon as the process ends, also where a grandchild keeps its pipes open."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def end(process: subprocess.Popen[bytes], mark: str, *, quietly: bool) -> None:
    """End its group and whoever bears its mark: politely, then for certain.

    `quietly`: it has ended by itself and nobody holds its streams, so that a look at its group is enough.
    """
    group = process.pid
    others = list(marked(mark)) if mark and not quietly else []
    if not others and not _alive(group):
        return
    _signal(group, others, signal.SIGTERM)
    limit = time.monotonic() + GRACE
    while time.monotonic() < limit and (_alive(group) or any(map(running, others))):
        process.poll()
        time.sleep(0.01)
    _signal(group, [pid for pid in others if running(pid)], signal.SIGKILL)


def end_marked(mark: str) -> None:
    """What a run that was killed has left behind."""
    left = list(marked(mark))
    for number, seconds in ((signal.SIGTERM, GRACE), (signal.SIGKILL, 1.0)):
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        limit = time.monotonic() + seconds
        while time.monotonic() < limit and any(map(running, left)):
            time.sleep(0.01)
        left = [pid for pid in left if running(pid)]


def _signal(group: int, others: Sequence[int], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
    for pid in others:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _alive(group: int) -> bool:
    """Is anybody of the group there who is more than a zombie? A leader that nobody waited for yet still counts."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _PROC.is_dir() or any(running(pid) for pid in _members(group))


def _members(group: int) -> Iterator[int]:
    for pid in _pids():
        with suppress(OSError):
            if os.getpgid(pid) == group:
                yield pid


def running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in (b"Z", b"X")


def _pids() -> Iterator[int]:
    for name in os.listdir(_PROC) if _PROC.is_dir() else ():  # noqa: PTH208 - names alone
        if name.isdigit():
            yield int(name)


def marked(mark: str) -> Iterator[int]:
    """Processes whose mark begins so: those too that left their group, by `setsid` or as a daemon."""
    wanted = f"{MARK}={mark}".encode()
    for pid in _pids():
        if pid == os.getpid():
            continue
        with suppress(OSError):
            variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            if any(variable.startswith(wanted) for variable in variables) and running(pid):
                yield pid
