"""Commands end in time, with all that they started, and say what they said within bounds."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from compliance.sync import process

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sync.sandbox import Sandbox


def run(text: str, folder: Path, timeout: float = 20, stop: threading.Event | None = None) -> process.Completed:
    env = {"PATH": os.environ["PATH"], "HERE": str(folder), process.MARK: f"{folder}:"}
    return process.run(["bash", "-c", text], cwd=folder, env=env, timeout=timeout, stop=stop)


def gone(folder: Path, name: str = "pid") -> bool:
    """Is the process whose number a command left there no more?"""
    return not process.running(int((folder / name).read_text()))


def test_the_code_and_both_streams_are_told(tmp_path: Path) -> None:
    assert run("echo out; echo err >&2; exit 3", tmp_path) == process.Completed(3, "out\n", "err\n")


def test_a_command_that_is_not_there_is_missing_and_one_that_may_not_be_run_is_not(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert process.run(["no-such-tool"], cwd=tmp_path, env={}, timeout=5).missing
    assert process.run([str(tmp_path / "file")], cwd=tmp_path, env={}, timeout=5).code == 126
    assert process.run(["a\0b"], cwd=tmp_path, env={}, timeout=5).code == 126


def test_it_does_not_wait_for_input(tmp_path: Path) -> None:
    assert run("read -r line || echo none", tmp_path).out == "none\n"


def test_only_the_end_of_much_output_is_kept(tmp_path: Path) -> None:
    done = run("head -c 20000000 /dev/zero | tr '\\0' x; echo; echo the end", tmp_path)
    assert len(done.out) <= 2 * process.KEPT + 65536
    assert done.out.endswith("\nthe end\n")


def test_a_time_out_ends_children_and_grandchildren(tmp_path: Path) -> None:
    began = time.monotonic()
    done = run("(sleep 60 & echo $! >$HERE/pid; wait) & wait", tmp_path, timeout=0.5)
    assert done.timed_out
    assert time.monotonic() - began < 4
    assert gone(tmp_path)


def test_a_time_out_ends_what_has_left_the_group(tmp_path: Path) -> None:
    done = run("setsid bash -c 'echo $$ >$HERE/pid; sleep 60' & sleep 60", tmp_path, timeout=0.7)
    assert done.timed_out
    assert gone(tmp_path)


def test_who_does_not_end_when_asked_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE", 0.3)
    done = run("trap '' TERM; echo $$ >$HERE/pid; while :; do sleep 1; done", tmp_path, timeout=0.4)
    assert (done.timed_out, done.code) == (True, 128 + signal.SIGKILL)
    assert gone(tmp_path)


@pytest.mark.parametrize("start", ["sleep 60", "setsid sleep 60"])
def test_what_is_left_in_the_background_is_ended_and_not_waited_for(tmp_path: Path, start: str) -> None:
    began = time.monotonic()
    done = run(f"{start} & echo $! >$HERE/pid; echo done", tmp_path)
    assert (done.code, done.out) == (0, "done\n")
    assert time.monotonic() - began < 4
    assert gone(tmp_path)


def test_a_wish_to_stop_ends_it(tmp_path: Path) -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    with pytest.raises(process.Interrupted):
        run("echo $$ >$HERE/pid; sleep 60", tmp_path, stop=stop)
    assert gone(tmp_path)


def test_what_a_killed_run_has_left_is_found_by_its_mark(tmp_path: Path) -> None:
    import subprocess

    left = subprocess.Popen(["sleep", "60"], env={process.MARK: f"{tmp_path}:target:"}, start_new_session=True)
    other = subprocess.Popen(["sleep", "60"], env={process.MARK: f"{tmp_path}-other:"}, start_new_session=True)
    try:
        process.end_marked(f"{tmp_path}:")
        assert left.wait(5) == -signal.SIGTERM
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_target_that_takes_too_long_fails_and_is_ended(sandbox: Sandbox) -> None:
    pid = sandbox.root.parent / "pid"
    sandbox.pull("slow", f"echo x >out/x; sleep 60 & echo $! >{pid}; wait", timeout=0.5)
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "did not end within 0.5 s" in ran.out
    assert not process.running(int(pid.read_text()))
    assert sandbox.untouched(before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_what_runs_writes_the_summary_and_exits_with_130(
    sandbox: Sandbox, number: signal.Signals
) -> None:
    pid, summary = sandbox.root.parent / "pid", sandbox.root.parent / "summary.json"
    sandbox.pull("quick", "echo x >quick/x", ["quick/**"])
    sandbox.pull("slow", f"sleep 60 & echo $! >{pid}.part; mv {pid}.part {pid}; wait", ["slow/**"])
    sandbox.pull("never", "echo x >never/x", ["never/**"], depends_on=["slow"])
    sandbox.commit()
    started = sandbox.start("--jobs", "1", "--summary-json", str(summary))
    while not pid.exists():
        assert started.poll() is None
        time.sleep(0.02)
    started.send_signal(number)
    out, _ = started.communicate(timeout=20)
    assert started.returncode == 130, out
    assert not process.running(int(pid.read_text()))
    import json

    results = {r["target"]: (r["success"], r["message"]) for r in json.loads(summary.read_text())["results"]}
    assert results["quick"][0] is True
    assert results["slow"] == (False, "interrupted")
    assert results["never"][0] is False
    assert sandbox.untouched(sandbox.head)
    assert sandbox.committed() == ["quick/x"]


def test_ctrl_c_while_the_tree_is_checked_lets_nothing_run(sandbox: Sandbox) -> None:
    flag = sandbox.root.parent / "checking"
    sandbox.rest["safety"] = {"pre_sync_checks": [{"name": "long", "command": f"touch {flag}; sleep 60"}]}
    sandbox.pull("news", "echo x >out/x")
    before = sandbox.commit()
    started = sandbox.start()
    while not flag.exists():
        assert started.poll() is None
        time.sleep(0.02)
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=20)
    assert started.returncode == 130, out + err
    assert "not run: interrupted" in out
    assert sandbox.untouched(before)
