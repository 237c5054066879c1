"""`--watch`: on a terminal a table while targets run, elsewhere the lines that there always are. On real terminals."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from compliance.sync.hearing import Ear
from compliance.sync.live import LiveTeller
from compliance.sync.model import Outcome

if TYPE_CHECKING:
    from tests.sync.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
SHOWN, HIDDEN = "\x1b[?25h", "\x1b[?25l"
COLOUR = re.compile(r"\x1b\[(?:3[0-7]|9[0-7])m")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Watched(NamedTuple):
    code: int
    told: str

    @property
    def plain(self) -> str:
        return CONTROL.sub("", self.told)


def watch(
    box: Sandbox,
    *words: str,
    stop_at: str | None = None,
    size: tuple[int, int] = (30, 100),
    **env: str,
) -> Watched:
    """In a terminal of that size. `stop_at`: what is seen when somebody presses Ctrl-C."""
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        " from compliance.cli import sync_directional; sys.exit(sync_directional())"
    )
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        os.chdir(box.root)
        given = {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **env}
        kept = {
            name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "CI")
        }
        os.execvpe(sys.executable, [sys.executable, "-c", code, "--watch", *words], {**kept, **given})
    told, end = b"", time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                told += os.read(terminal, 65536)
            except OSError:  # the other end is closed
                break
        if stop_at is not None and stop_at.encode() in told:
            os.write(terminal, b"\x03")
            stop_at = None
    else:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return Watched(os.waitstatus_to_exitcode(status), told.decode(errors="replace"))


def three(box: Sandbox) -> Sandbox:
    box.pull("slow", "for n in 1 2 3; do echo part $n; sleep 0.4; done; echo one >out/one", idempotent=False)
    box.pull("bad", "exit 3", ["bad/**"])
    box.pull("after", "echo x >later/x", ["later/**"], depends_on=["slow"])
    box.commit()
    return box


def test_on_a_terminal_a_table_says_what_each_target_is_at(sandbox: Sandbox) -> None:
    ran = watch(three(sandbox))
    assert ran.code == 1
    assert re.search(r"target +state +seconds +last line", ran.plain)
    assert re.search(r"slow +running +\d\.\d  part \d", ran.plain)
    assert re.search(r"after +waiting for slow", ran.plain)
    assert HIDDEN in ran.told
    assert ran.told.rindex(SHOWN) > ran.told.rindex(HIDDEN)


def test_the_lines_of_the_run_stay_and_the_table_goes(sandbox: Sandbox) -> None:
    ran = watch(three(sandbox))
    lines = ran.plain.splitlines()
    assert any(line.startswith("ok     slow (pull): landed: 1 added") for line in lines)
    assert any(line.startswith("FAILED bad (pull): its entrypoint ended with 3") for line in lines)
    assert lines[-1].startswith("2 of 3 targets succeeded, 1 failed")


def test_ctrl_c_ends_what_runs_and_gives_the_terminal_back(sandbox: Sandbox) -> None:
    sandbox.pull("slow", "echo begun; sleep 30; echo one >out/one")
    before = sandbox.commit()
    began = time.monotonic()
    ran = watch(sandbox, stop_at="begun")
    assert ran.code == 130
    assert time.monotonic() - began < 20
    assert ran.told.rindex(SHOWN) > ran.told.rindex(HIDDEN)
    assert "interrupted" in ran.plain
    assert sandbox.untouched(before)


def test_no_color_is_kept_to(sandbox: Sandbox) -> None:
    three(sandbox)
    assert COLOUR.search(watch(sandbox).told)
    ran = watch(sandbox, NO_COLOR="1")
    assert "running" in ran.plain
    assert not COLOUR.search(ran.told)


@pytest.mark.parametrize(("words", "env"), [(["--ci"], {}), ([], {"TERM": "dumb"}), (["--json"], {})])
def test_lines_alone_where_a_table_would_be_in_the_way(
    sandbox: Sandbox, words: list[str], env: dict[str, str]
) -> None:
    ran = watch(three(sandbox), *words, TERM=env.get("TERM", "xterm"))
    assert ran.code == 1
    assert "\x1b" not in ran.told
    assert "ok     slow (pull)" in ran.plain


def test_lines_alone_where_there_is_no_terminal(sandbox: Sandbox) -> None:
    ran = three(sandbox).run("--watch")
    assert "\x1b" not in ran.told
    assert ran.out.splitlines()[-1].startswith("2 of 3 targets succeeded")


def test_a_secret_and_a_sign_of_control_do_not_reach_the_table(sandbox: Sandbox) -> None:
    script = r"""printf 'to %s\033]0;title\007 now\n' "$NOTES_TOKEN"; sleep 1; echo one >out/one"""
    sandbox.pull("news", script, env=["NOTES_TOKEN"], idempotent=False)
    sandbox.commit()
    ran = watch(sandbox, NOTES_TOKEN="tkn-abcdefghijklmnop")
    assert "to <secret NOTES_TOKEN>" in ran.plain
    assert "abcdefghijklmnop" not in ran.told
    assert "\x1b]0;" not in ran.told


def test_of_many_targets_those_at_work_are_shown_first(sandbox: Sandbox) -> None:
    for number in range(60):
        script = "sleep 1.5; echo x >out49/x" if number == 49 else f"echo x >out{number}/x"
        sandbox.pull(f"t{number}", script, [f"out{number}/**"], idempotent=False)
    sandbox.commit()
    ran = watch(sandbox, "--jobs", "2", size=(15, 80))
    assert ran.code == 0
    frames = [frame for frame in ran.plain.split("last line") if "t49" in frame and "running" in frame]
    assert frames
    assert max(frame.count("\n") for frame in ran.plain.split("last line")[1:-1]) < 80


class Plain:
    """As much of a target as the table asks for."""

    def __init__(self, name: str, *needed: str) -> None:
        self.name, self.depends_on = name, needed


def test_states_follow_what_happens() -> None:
    from rich.console import Console

    teller = LiveTeller(file="sync.yaml", verbose=False)
    told: dict[str, str] = {}

    def look() -> str:
        console = Console(width=120, record=True, file=io.StringIO())
        console.print(teller.table(40))
        return console.export_text()

    with teller.shown([Plain("a"), Plain("b", "a")]):  # type: ignore[list-item]
        told["before"] = look()
        teller.state("a", "running attempt 2")
        told["running"] = look()
        teller.state("a", "checking")
        told["checking"] = look()
        teller.state("a", "ready to land")
        told["ready"] = look()
        teller.outcome(Outcome("a", "pull", True, "landed: 1 added", 2.5, commit="a" * 40))
        teller.outcome(Outcome("b", "pull", False, "not run: [red]x", ran=False))
        told["end"] = look()
    assert re.search(r"a +waiting\b.*\n *b +waiting for a", told["before"])
    assert re.search(r"a +running attempt 2", told["running"])
    assert re.search(r"a +checking", told["checking"])
    assert re.search(r"a +ready to land +\d\.\d", told["ready"])
    assert re.search(r"b +skipped +0\.0 +not run: \[red\]x", told["end"])
    assert re.search(r"a +landed +2\.5 +landed: 1 added", told["end"])
    assert "1 skipped · 1 landed" in told["end"]


def test_only_whole_lines_are_heard() -> None:
    heard: list[str] = []
    ear = Ear(heard.append)
    ear(0, b"one\ntwo\nthr")
    assert heard == ["two"]
    ear.at = 0
    ear(1, b"other\n")
    ear.at = 0
    ear(0, b"ee\n")
    assert heard == ["two", "other", "three"]
    ear.at = 0
    for _ in range(10):
        ear(0, b"x" * 1000)
    ear(0, b"its end\n")
    assert heard == ["two", "other", "three"]
    ear(0, b"\xff\n")
    assert heard[-1] == "\\xff"
