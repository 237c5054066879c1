"""Keeps one server for as long as somebody needs it, and not a moment longer: a postgres, or a service.

Run as a program of its own, `python -I -S keeper.py JSON`, between the users of a server and the server. What
names secrets comes on its standard input instead, since everybody may read a process's arguments. Every
user holds a shared lock on one file; the kernel gives the keeper its exclusive one when the last of them is
gone, however that went: a `kill -9` cannot skip it, as it skips `finally` and `atexit`. It is also the parent,
so that no zombie makes the next start believe that one is running; PR_SET_PDEATHSIG covers its own death.

A program and not a thread or `preexec_fn`, since forking a process that has threads may deadlock. It imports
the standard library only, to be there in a hundredth of a second.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import IO, Any, NoReturn, TextIO

PR_SET_PDEATHSIG = 1


class _Ended(Exception):
    """Raised out of the wait for the lock when the server has ended by itself."""


def _ended(_signal: int, _frame: object) -> None:
    """The signal also tells that a child was stopped, and goes on when somebody lets it."""
    if os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
        raise _Ended


def _become_server(order: dict[str, Any], keeper: int) -> NoReturn:
    """In the child: drop privileges, die with the keeper, exec."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    if order["account"] is not None:
        uid, gid = order["account"]
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":  # after setuid, which clears it
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, order["signal"], 0, 0, 0)
    if os.getppid() != keeper:
        os._exit(1)
    os.execve(order["command"][0], order["command"], order["environment"])  # noqa: S606 - a list, no shell


def _spawn(order: dict[str, Any]) -> int:
    keeper = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        _become_server(order, keeper)
    except OSError as problem:
        os.write(2, f"FATAL:  cannot run {order['command'][0]}: {problem.strerror}\n".encode())
    finally:
        os._exit(127)


def _wait_for_users(users: TextIO, stay: Path) -> None:
    """Return with the lock held once nobody uses the server, unless it was told to stay."""
    while True:
        fcntl.flock(users, fcntl.LOCK_EX)
        if not stay.exists():
            return
        fcntl.flock(users, fcntl.LOCK_UN)
        signal.pause()


def _finish(order: dict[str, Any], child: int) -> int:
    """Stop the server and reap it; until it is reaped its id is never another process."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, lambda _signal, _frame: os.kill(child, signal.SIGKILL))
    signal.alarm(order.get("patience", 0))  # 0: as long as it takes, for what must not lose data
    os.kill(child, order["signal"])
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0x7F


def _tell(order: dict[str, Any], child: int) -> IO[str] | None:
    """Whom to end who wants to end a server that stays. Locked while it is true: a crash leaves the file."""
    if "process" not in order:
        return None
    file = Path(order["process"]).open("w")  # noqa: SIM115 - closed by the end of this process
    fcntl.flock(file, fcntl.LOCK_EX)
    file.write(str(child))
    file.flush()
    return file


def main() -> int:
    order = json.loads(sys.argv[1] if len(sys.argv) > 1 else sys.stdin.read())
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    signal.signal(signal.SIGCHLD, _ended)
    child = _spawn(order)
    told = _tell(order, child)  # noqa: F841 - held until the end
    with Path(order["users"]).open("a") as users:  # held until the server is gone: who comes now waits for that
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            _wait_for_users(users, Path(order["stay"]))
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        except _Ended:
            return _finish(order, child)  # its user reads the log before removing anything
        status = _finish(order, child)
        for path in order["remove"]:
            shutil.rmtree(path, ignore_errors=True)
        return status


if __name__ == "__main__":
    sys.exit(main())
