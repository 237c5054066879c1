"""SIGKILL at any time, then another run: both sides are as without the kill, and nothing is sent that was confirmed."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.sync.sandbox import Sandbox
from tests.sync.test_both import declare, put, sides
from tests.sync.test_push import SEND, log, recorded

if TYPE_CHECKING:
    from pathlib import Path

WANTED = {"deep/new": "new\n", "one": "ours\n", "two": "theirs\n"}


def begun(folder: Path) -> Sandbox:
    """Two sides that have agreed, and then each changed something."""
    sandbox = Sandbox(folder / "repository")
    declare(sandbox)
    sandbox.target("notes", SEND, direction="push", inputs=["docs/notes/**"])
    for name in ("one", "two"):
        sandbox.file(f"ours/{name}", f"{name}\n")
        put(sandbox, name, f"{name}\n")
    sandbox.file("docs/notes/a", "a\n")
    sandbox.commit()
    assert sandbox.run().code == 0
    put(sandbox, "two", "theirs\n")
    put(sandbox, "deep/new", "new\n")
    sandbox.file("ours/one", "ours\n")
    sandbox.file("docs/notes/b", "b\n")
    sandbox.commit()
    return sandbox


def killed(sandbox: Sandbox, after: float) -> bool:
    """Ended like that after so many seconds; False where it was done before."""
    process = sandbox.start("--jobs", "1")
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()
    return process.returncode == -signal.SIGKILL


def check(sandbox: Sandbox) -> None:
    ran = sandbox.run()
    assert ran.code == 0, ran.told
    assert sides(sandbox) == (WANTED, WANTED)
    assert sorted(recorded(sandbox)) == ["docs/notes/a", "docs/notes/b"]
    assert sandbox.status == ""
    again = sandbox.run("--json")
    assert [each["message"] for each in again.summary["results"]] == [
        "both sides are equal",
        "nothing new to send",
    ]
    assert log(sandbox)[0] == [["docs/notes/a", "added"]]
    assert {str(entry) for entry in log(sandbox)[1:]} <= {"[['docs/notes/b', 'added']]"}


def test_a_kill_at_some_time_changes_nothing_of_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    sandbox = begun(tmp_path)
    chance = random.Random(7)
    for _ in range(4):
        if not killed(sandbox, chance.uniform(0.3, 0.9)):
            break
    check(sandbox)


@pytest.mark.prove
@pytest.mark.parametrize("number", range(60))
def test_a_kill_at_every_time_changes_nothing_of_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    sandbox = begun(tmp_path)
    began = time.monotonic()
    killed(sandbox, 0.2 + number * 0.02)
    assert time.monotonic() - began < 60
    check(sandbox)
