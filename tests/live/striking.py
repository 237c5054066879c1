"""The command line, struck at one of the points that it tells of. The program is the real one, in a process of its own;
only what it says of its progress is heard here, and answered with something that happens to machines."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from compliance import changing, cli, opening

FILLER = "filler"


def run(order: dict[str, Any], arguments: list[str]) -> None:
    """`at`: a point, by its number from 0 or by its name; `do`: what happens there; `place`: for what is said."""
    place = Path(order["place"])
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(place / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    # A shell lets what it starts in the background ignore Ctrl-C, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(place)
    changing.say = opening.say = Striker(order)
    sys.exit(cli.main(arguments))


class Striker:
    """Hears of each point, and strikes at the one that it waits for."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.order, self.passed = order, 0
        self.points = os.open(Path(order["place"]) / "points", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def __call__(self, point: str) -> None:
        os.write(self.points, f"{point}\n".encode())
        self.passed += 1
        if self.order["at"] in (self.passed - 1, point):
            getattr(self, self.order["do"])()

    def kill_client(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def kill_server(self) -> None:
        """The postmaster first, so that it starts nothing anew, then all that it had started."""
        postmaster = int(Path(self.order["pidfile"]).read_text().split()[0])
        backends = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for process in (postmaster, *map(int, backends)):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def interrupt(self) -> None:
        """As Ctrl-C does it."""
        os.kill(os.getpid(), signal.SIGINT)

    def cut_connection(self) -> None:
        """As an administrator does it, or an orderly restart."""
        with psycopg.connect(self.order["admin"], autocommit=True) as admin:
            admin.execute(
                "select pg_catalog.pg_terminate_backend(pid, 5000) from pg_catalog.pg_stat_activity"
                " where application_name like 'compliance %'"
            )

    def wait(self) -> None:
        """Until the test removes the file by which it is told that the point was reached."""
        flag = Path(self.order["place"]) / "waiting"
        flag.touch()
        deadline = time.monotonic() + 60
        while flag.exists() and time.monotonic() < deadline:
            time.sleep(0.005)

    def limit_files(self) -> None:
        """No file grows any more, but by a few bytes, so that a line is cut: a full disk, without a disk."""
        size = Path(self.order["ledger"]).stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, resource.RLIM_INFINITY))

    def fill_disk(self) -> None:
        """All that is free where the ledger is."""
        with suppress(OSError), Path(self.order["ledger"]).with_name(FILLER).open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))
