"""`compliance audit --watch` as a process: what it says when policy and estate change, and how it ends."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING

import pytest

from compliance.core.errors import ConfigurationError
from compliance.watching import seconds
from tests.evidence.bundles import CHECKOUT, Desk
from tests.live.audited import WAIVER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.live.staging import Staging

KEY = "CC001:pumpe.anfahren#missing"
# A shell that puts a job into the background ignores SIGINT for it, which a terminal does not.
PROGRAM = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
    " from compliance.cli import main; sys.exit(main())"
)


class Watching:
    """A watch that runs, and all that it has said."""

    def __init__(self, folder: Path, environment: dict[str, str], *words: str, tty: bool = False) -> None:
        ours, theirs = pty.openpty() if tty else os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "audit", "--estate", "estate.yaml", *words], cwd=folder,
            env=environment, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs)
        self.said, self.told = os.fdopen(ours, "rb", 0), ""

    def until(self, text: str, limit: float = 40) -> str:
        """Everything that was said since the last call, once this was."""
        found, end = "", time.monotonic() + limit
        while text not in found:
            assert time.monotonic() < end, f"{text!r} was not said in {limit} s, but: {found}"
            if select.select([self.said], [], [], 0.2)[0]:
                found += _read(self.said)
        self.told += found
        return found

    def interrupted(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(20)
        self.told += _read(self.said)
        return code


def _read(said: IO[bytes]) -> str:
    try:
        return said.read(65536).decode()
    except OSError:  # a terminal whose other end is closed
        return ""


@pytest.fixture
def watching() -> Iterator[Callable[..., Watching]]:
    begun: list[Watching] = []

    def begin(folder: Path, environment: dict[str, str], *words: str, tty: bool = False) -> Watching:
        begun.append(Watching(folder, environment, *words, tty=tty))
        return begun[-1]

    yield begin
    for each in begun:
        each.process.kill()
        each.process.wait()
        each.said.close()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


RECORDED = ("--observation", "observation.json", "--judged-at", "2026-11-20T00:00:00+00:00", "--watch")


def test_a_change_of_policy_is_looked_at_and_what_changed_alone_is_shown(
    desk: Desk, watching: Callable[..., Watching]
) -> None:
    before = {path for path in desk.folder.rglob("*") if path.is_file()}
    seen = watching(desk.folder, desk.environment, *RECORDED)
    first = seen.until("verdict: broken\n")
    assert KEY in first
    assert "command_catalog" in first
    waivers = desk.folder / "policy" / "waivers.yaml"
    waivers.write_text("waivers: 1\n")
    assert "waivers.yaml:1: " in seen.until("compliance: ")
    waivers.write_text(WAIVER % KEY)
    said = seen.until("PL006:w1: no such case -> kept\n")
    assert "waivers.yaml changed: verdict: broken\n" in said
    assert f"outcome   {KEY.partition('#')[0]}: broken -> waived\n" in said
    assert "CC004" not in said, "it is as it was"
    waivers.write_text(f"# touched\n{WAIVER % KEY}")
    assert seen.until("nothing else did\n").endswith("  waivers.yaml changed: nothing else did\n")
    waivers.unlink()
    seen.until(f"outcome   {KEY.partition('#')[0]}: waived -> broken\n")
    assert seen.interrupted() == 130
    assert seen.told.endswith("compliance: interrupted\n")
    assert "\x1b" not in seen.told, "no terminal, no colour"
    assert {path for path in desk.folder.rglob("*") if path.is_file()} == before, "a watch writes nothing"


def test_on_a_terminal_it_says_when_it_looked_and_colours_nothing_where_nobody_wants_colours(
    desk: Desk, watching: Callable[..., Watching]
) -> None:
    seen = watching(desk.folder, desk.environment | {"NO_COLOR": "1", "TERM": "xterm"}, *RECORDED, tty=True)
    seen.until("Ctrl-C ends it")
    assert seen.interrupted() == 130
    assert "… looked at " in seen.told
    assert "\x1b[3" not in seen.told.replace("\x1b[2K", "")


def test_a_change_of_the_estate_is_seen_when_its_time_has_come(
    staging: Staging, watching: Callable[..., Watching]
) -> None:
    seen = watching(staging.folder, dict(os.environ, PYTHONPATH=str(CHECKOUT)), "--watch", "1s")
    seen.until("verdict: ")
    staging.do("update dot_iu_command_catalog set category = 'event' where command_name = 'dot_iu_place'")
    said = seen.until("category is 'event'")
    assert "new       CC001:dot_iu_place#category\n" in said
    staging.do("update dot_iu_command_catalog set category = 'core' where command_name = 'dot_iu_place'")
    assert "otherwise CC001:dot_iu_place#category\n" in seen.until("category is 'core'")
    staging.do("update dot_iu_command_catalog set category = 'placement' where command_name = 'dot_iu_place'")
    assert "nothing" not in seen.until("resolved  CC001:dot_iu_place#category\n")
    assert seen.interrupted() == 130


def test_what_cannot_be_watched_is_2_at_once(desk: Desk) -> None:
    for words in (["--json"], ["--export", "csv=cases.csv"], ["--fail-on", "new"], ["--history", "kept.jsonl"]):
        done = desk.run("audit", *RECORDED, *words)
        assert (done.code, "are of one audit" in done.err) == (2, True)
    done = desk.run("audit", "--estate", "none.yaml", "--watch")
    assert (done.code, "none.yaml" in done.err) == (2, True)


@pytest.mark.parametrize(("text", "wanted"), [("30s", 30), ("5m", 300), ("1h", 3600)])
def test_a_time_is_spelled_as_in_policy(text: str, wanted: int) -> None:
    assert seconds(text) == wanted


@pytest.mark.parametrize("text", ["", "5", "s", "0s", "-1s", "5 s s", "soon"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no time"):
        seconds(text)
