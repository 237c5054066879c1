"""`history.jsonl` after a kill, on a full disk and after somebody wrote into it: as it was, or with one run more."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from compliance import cli, keeping
from compliance.core import history_lines, verdicts
from compliance.core.errors import ComplianceError, ConfigurationError
from compliance.evidence import contents
from tests.evidence.bundles import CHECKOUT, OLD, Desk, files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from compliance.core.history import Change

ADD = """
import os, signal, sys
from pathlib import Path
from tests.live.test_kept_history import add
path, limit, point = sys.argv[1:]
add(Path(path), int(limit), lambda step: step == point and os.kill(os.getpid(), signal.SIGKILL))
"""


def add(path: Path, limit: int = 400, at_step: Callable[[str], Any] = lambda _: None) -> Change:
    """One run, of what was sealed long ago: the audit itself takes seconds."""
    held = files(OLD.read_bytes())
    verdict = verdicts.parse(json.loads(held["verdict.json"]))
    return keeping.add(path, verdict, contents.observed(held), limit, at_step=at_step)


def in_a_process(path: Path, limit: int, point: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ADD, path, str(limit), point], env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True, text=True, check=False, timeout=60, **more,
    )  # fmt: skip


@pytest.mark.parametrize("point", ["cut", "written", "on disk"])
def test_a_kill_leaves_the_runs_before_it_and_this_one_whole_or_not_at_all(tmp_path: Path, point: str) -> None:
    path = tmp_path / "history.jsonl"
    add(path)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"cut sh')  # of an earlier kill
    assert in_a_process(path, 400, point).returncode == -signal.SIGKILL
    assert path.read_bytes().startswith(whole)
    kept = len(keeping.read(path).entries)
    assert kept == (1 if point == "cut" else 2)
    add(path)
    assert len(keeping.read(path).entries) == kept + 1
    assert path.read_bytes().startswith(whole)


@pytest.mark.parametrize("limit", [400, 1], ids=["appended", "replaced"])
def test_a_full_disk_loses_no_run_leaves_no_half_of_one_and_says_so(tmp_path: Path, limit: int) -> None:
    """No file of that process may grow beyond what the disk has left, which is half of a line."""
    path = tmp_path / "history.jsonl"
    add(path)
    whole = path.read_bytes()
    room = len(whole) * 3 // 2 if limit > 1 else len(whole) // 2

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    done = in_a_process(path, limit, "", preexec_fn=full)
    assert done.returncode == 1
    assert "ComplianceError" in done.stderr
    assert (
        "history.jsonl: this run cannot be kept in the history, which is as it was: File too large"
        in done.stderr
    )
    assert path.read_bytes() == whole
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".part"] == []


def test_a_full_disk_ends_an_audit_in_words_and_with_2(tmp_path: Path) -> None:
    """A real one: a file system of a few pages, where this user may mount one."""
    desk = Desk(tmp_path)
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8k", "none", small], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only who may mount has a small disk to fill")
    words = (
        "--judged-at",
        "2026-11-22T00:00:00+00:00",
        "--no-page",
        "--json",
        "--history",
        "small/history.jsonl",
    )
    try:
        with pytest.raises(OSError, match="No space left"):
            (small / "filler").write_bytes(bytes(65536))
        done = desk.run("audit", "--estate", "estate.yaml", "--observation", "observation.json", *words)
        assert done.code == 2
        assert "cannot be kept in the history, which is as it was: No space left on device" in done.err
        assert (small / "history.jsonl").read_bytes() == b""
    finally:
        subprocess.run(["umount", small], check=True)


def test_what_somebody_wrote_into_it_is_told_with_its_line_and_never_fails_later(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    add(path)
    good = json.loads(path.read_text())
    for name, value in (
        ("counts", 5), ("counts", {"kept": "many"}), ("findings", "CC001:a"), ("rules", [1]), ("complete", "yes"),
        ("judged_at", None), ("observed_at", 7), ("format", 1), ("estate", 5), ("more", 1),
    ):  # fmt: skip
        path.write_bytes(history_lines.line(good) + history_lines.line(good | {name: value}))
        with pytest.raises(ConfigurationError, match=r"history\.jsonl:2: is no entry of the history"):
            keeping.read(path)
    broken: tuple[Any, ...] = (
        {"CC001:a": "x"},
        {"CC001:a": ["r", "t", "yes"]},
        {"CC001:a": ["r", 1, True]},
        [],
    )
    for known in broken:
        path.write_bytes(history_lines.line({"known": known}))
        with pytest.raises(ConfigurationError, match=r"history\.jsonl:1: is no entry"):
            keeping.read(path)


def test_what_cannot_be_read_is_said_and_a_link_is_followed(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="the history cannot be read"):
        keeping.read(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "there")
    for limit in (400, 1):
        add(tmp_path / "link", limit)
    assert (tmp_path / "link").is_symlink()
    assert len(keeping.read(tmp_path / "there").entries) == 1
    (tmp_path / "file").write_text("")
    with pytest.raises(ComplianceError, match="cannot be kept in the history"):
        add(tmp_path / "file" / "history.jsonl")


def test_over_its_limit_it_is_as_readable_as_before(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    add(path, 1)
    mode = path.stat().st_mode
    add(path, 1)
    assert path.stat().st_mode == mode


def test_no_name_of_an_estate_writes_a_line_of_what_is_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "history.jsonl"
    add(path)
    forged = "CC001:x\n  DEFECT    forged\x1b[2J"
    path.write_bytes(history_lines.line(json.loads(path.read_text()) | {"findings": [forged]}))
    for words in ([], [forged]):
        assert cli.main(["history", "--history", str(path), *words]) == 0
        said = capsys.readouterr().out
        assert "forged" in said
        assert "\x1b" not in said
        assert not [line for line in said.splitlines() if line.startswith("  DEFECT")]
