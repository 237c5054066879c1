"""The demo is played for real: what it tells is what happens, and nothing of it stays."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from compliance import demo

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECKOUT = Path(__file__).resolve().parents[2]
STORY = (
    "$ psql -X -f drift.sql", "DELETE 2", "24",
    "$ compliance audit --no-page --estate estate.yaml", "CC001:dot_iu_auto_instantiate_from_event#missing",
    "the live catalog has 24, declared 26", "verdict: broken", "# exit 1",
    "$ compliance plan show ", "- Estate: demo (staging)", "- Steps: 1, hazards: inserts", "Revert:",
    "$ compliance keys new author.pem", "$ compliance keys new alice.pem", "$ compliance keys new bob.pem",
    "- {capability: execute, count: 1, by: [alice, bob]}",
    "$ compliance rehearse ", "rehearsed on the estate: 2 created, 0 changed, 0 removed, then all as before",
    "$ compliance apply ", "1 more of alice, bob must approve 'execute'", "# exit 4",
    "$ compliance approve ", "approved: execute",
    "$ compliance apply ", "applied: 2 row(s) created", "receipt ",
    "$ compliance audit ", "migration: nothing to do", "verdict: kept",
    "$ compliance approve ", "--capability rollback --key bob.pem", "approved: rollback",
    "$ compliance rollback ", "taken back: 2 row(s) removed",
    "$ compliance audit ", "the live catalog has 24, declared 26", "verdict: broken", "# exit 1",
    "$ compliance ledger show", "passed (estate) by author", "execute by alice", "rollback by bob", "rolled-back",
    "$ compliance ledger verify", "entries, every one as it was written",
)  # fmt: skip


def play(environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "compliance.cli", "demo"], cwd=CHECKOUT, env=dict(os.environ, **environment),
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    """One play: what was said, how long it took, and what is left where it could leave something."""
    place, mark = tmp_path_factory.mktemp("demo"), uuid4().hex
    for name in ("cache", "tmp"):
        (place / name).mkdir()
    started = time.monotonic()
    done = play({"XDG_CACHE_HOME": str(place / "cache"), "TMPDIR": str(place / "tmp"), "DEMO_MARK": mark})
    return {
        "done": done,
        "seconds": time.monotonic() - started,
        "files": [path for path in place.rglob("*") if path.is_file()],
        "processes": marked(mark),
    }


def marked(mark: str) -> list[str]:
    """Processes that were started, by whatever way, with this in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


def in_order(said: str, wanted: tuple[str, ...]) -> str | None:
    """The first of these lines that does not come after the one before it."""
    at = 0
    for text in wanted:
        at = said.find(text, at)
        if at < 0:
            return text
        at += len(text)
    return None


def test_each_scene_comes_in_its_order_with_its_figures(played: Mapping[str, object]) -> None:
    done = played["done"]
    assert isinstance(done, subprocess.CompletedProcess)
    assert (done.returncode, done.stderr) == (0, "")
    assert in_order(done.stdout, STORY) is None
    assert in_order(done.stdout, (*STORY, "verdict: kept")) == "verdict: kept", "the order is looked at"


def test_it_takes_less_than_a_minute_and_leaves_neither_file_nor_process(played: Mapping[str, object]) -> None:
    assert (played["files"], played["processes"]) == ([], [])
    assert isinstance(played["seconds"], float)
    assert played["seconds"] < 60


def test_a_process_that_stays_would_be_found() -> None:
    mark = uuid4().hex
    with subprocess.Popen(["sleep", "60"], env={"PATH": os.defpath, "DEMO_MARK": mark}) as process:
        try:
            assert marked(mark) == ["sleep\00060\000"]
        finally:
            process.kill()


def test_the_documentation_shows_what_it_prints(played: Mapping[str, object]) -> None:
    done = played["done"]
    assert isinstance(done, subprocess.CompletedProcess)
    page = (CHECKOUT / "docs/changes.md").read_text(encoding="utf-8")
    (shown,) = [text for text in re.findall(r"```text\n(.*?)```", page, re.DOTALL) if "$ compliance" in text]
    lines = tuple(line for line in plain(shown).splitlines() if line.strip())
    assert len(lines) > 15
    assert in_order(plain(done.stdout), lines) is None


def plain(text: str) -> str:
    """Without what is another on every run: digests and times."""
    return re.sub(r"\b[0-9a-f]{12,64}\b", "…", re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "…", text))


def test_where_a_command_ends_otherwise_than_told_the_demo_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a reference estate nobody's approval is needed, so that the refused apply is not refused."""
    monkeypatch.setattr(demo, "ESTATE", demo.ESTATE.replace("kind: staging", "kind: reference"))
    monkeypatch.setattr(
        demo, "EXECUTION", demo.EXECUTION.replace("\n  staging:", "\n  reference: self\n  staging:")
    )
    with pytest.raises(demo.Unexpected, match=r"compliance apply .* to end with 4, not with 0"):
        demo.demo(None)  # type: ignore[arg-type]
