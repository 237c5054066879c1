"""SIGKILL at every step, then a rerun: the same tree as without. In between the main tree is one or the other."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from compliance import cli
from compliance.sync import command, process
from tests.sync.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
# What each step is for is told where it is called; the last ones are those at which the main tree changes.
QUICK = (
    "after worktree", "after entrypoint", "after second run", "after staging", "after checks", "after commit",
    "after intent", "after merge", "after files", "after landing", "after keep", "before record", "after record",
)  # fmt: skip
BOTH = """
case $SYNC_PHASE in
  read) cp conf/ours.txt $SYNC_OURS/conf.txt; cp $SYNC_CONFIG_PLACE/theirs.txt $SYNC_THEIRS/conf.txt;;
  write) cp $SYNC_MERGED/conf.txt conf/ours.txt; cp $SYNC_MERGED/conf.txt $SYNC_CONFIG_PLACE/theirs.txt;;
esac
"""


class End(NamedTuple):
    """All that a run may leave different."""

    files: dict[str, bytes]
    outside: dict[str, bytes]
    subjects: list[str]
    listed: str
    status: str
    state: str


def made(folder: Path) -> Sandbox:
    """A target of every kind, each with something to do."""
    folder.mkdir(exist_ok=True)
    box = Sandbox(folder / "repository")
    place = folder / "outside"
    place.mkdir()
    (place / "theirs.txt").write_text("one\n")
    box.file("conf/ours.txt", "one\n")
    box.file("out/old", "old\n")
    box.file("out/gone", "gone\n")
    box.pull("news", "rm -f out/gone; echo new >out/old; mkdir -p out/deep; seq 5000 >out/deep/added")
    box.pull("plain", "echo plain >plain/file", ["plain/**"], git_commit=False)
    box.pull("after", "cp out/old later/x", ["later/**"], depends_on=["news"])
    box.target(
        "conf", BOTH, direction="bidirectional", outputs=["conf/**"], outside=[f"{place}/*"], conflict="theirs",
        config={"place": str(place)},
    )  # fmt: skip
    box.commit()
    assert box.run("--target", "conf").code == 0
    (place / "theirs.txt").write_text("two\n")
    return box


def end(box: Sandbox) -> End:
    outside = {path.name: path.read_bytes() for path in (box.root.parent / "outside").iterdir()}
    return End(
        box.tree(), outside, box.git("log", "--format=%s").split("\n"), box.git("ls-tree", "-r", "HEAD"), box.status,
        box.git("ls-tree", "-r", "refs/directional-sync/state"),
    )  # fmt: skip


def plain(found: End, folder: Path) -> End:
    """Without the folder of the test, which stands in a configuration."""
    files = {name: data for name, data in found.files.items() if not name.startswith(".insightpulse")}
    listed = "\n".join(line for line in found.listed.split("\n") if "sync.yaml" not in line)
    return found._replace(files=files, listed=listed)


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[tuple[str, int]], End]:
    """All that a run without a kill comes by, and what it leaves."""
    folder = tmp_path_factory.mktemp("steps")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
        box = made(folder)
        found: list[str] = []
        patch.chdir(box.root)
        assert command.sync(cli.parser().parse_args(["sync", "--jobs", "1"]), found.append) == 0
        numbered = [(step, found[: place + 1].count(step)) for place, step in enumerate(found)]
        return numbered, plain(end(box), folder)


def kill(box: Sandbox, step: str, number: int) -> int:
    words = [sys.executable, "-m", "tests.sync.killing", step, str(number), "--jobs", "1"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(words, cwd=box.root, env=env, capture_output=True).returncode


def check(folder: Path, step: str, number: int, wanted: End) -> None:
    box = made(folder)
    assert kill(box, step, number) == -9
    ran = box.run("--jobs", "1")
    assert ran.code == 0, ran.told
    assert plain(end(box), folder) == wanted
    assert box.git("worktree", "list", "--porcelain").count("worktree ") == 1
    box.git("fsck", "--connectivity-only")


def test_every_step_is_come_by(steps: tuple[list[tuple[str, int]], End]) -> None:
    assert set(QUICK) == {step for step, _ in steps[0]}


@pytest.mark.parametrize(
    "step", ["after second run", "after commit", "after intent", "after merge", "after files"]
)
def test_a_rerun_after_a_kill_leaves_what_a_run_leaves(
    tmp_path: Path, step: str, steps: tuple[list[tuple[str, int]], End]
) -> None:
    check(tmp_path / "box", step, 1, steps[1])


@pytest.mark.prove
def test_a_rerun_after_a_kill_at_any_step_leaves_what_a_run_leaves(
    tmp_path: Path, steps: tuple[list[tuple[str, int]], End]
) -> None:
    for place, (step, number) in enumerate(steps[0]):
        check(tmp_path / str(place), step, number, steps[1])


@pytest.mark.prove
def test_a_rerun_after_a_kill_at_any_time_leaves_what_a_run_leaves(
    tmp_path: Path, steps: tuple[list[tuple[str, int]], End]
) -> None:
    """The whole process group of the runner, and at a time that nobody chose: within a git too."""
    chosen = random.Random(7)
    for number in range(20):
        box = made(tmp_path / str(number))
        started = box.start("--jobs", "2")
        time.sleep(0.3 + chosen.random() * 0.9)
        started.kill()
        started.communicate()
        ran = box.run()
        assert ran.code == 0, (number, ran.told)
        assert sorted(plain(end(box), tmp_path).subjects) == sorted(steps[1].subjects)
        assert plain(end(box), tmp_path).files == steps[1].files


def stuck(box: Sandbox, script: Callable[[Path], str]) -> Path:
    """A run that is killed while its entrypoint goes on."""
    pid = box.root.parent / "orphan"
    box.script("scripts/news.sh", script(pid))
    box.commit()
    started = box.start("--target", "news")
    while not pid.exists():
        assert started.poll() is None
        time.sleep(0.02)
    started.kill()
    started.communicate()
    return pid


def test_what_a_killed_run_still_has_running_is_ended_by_the_next(tmp_path: Path) -> None:
    box = made(tmp_path / "box")
    pid = stuck(
        box, lambda pid: f"echo $$ >{pid}.part; mv {pid}.part {pid}; while :; do echo x >>out/old; done"
    )
    assert process.running(int(pid.read_text()))
    box.script("scripts/news.sh", "echo fresh >out/old")
    box.commit()
    assert box.run("--target", "news").code == 0
    assert not process.running(int(pid.read_text()))
    assert (box.root / "out/old").read_text() == "fresh\n"
