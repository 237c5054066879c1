"""Two sides are taken back together: the repository's, the files outside of it, and what both had agreed on."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from compliance.sync import history, state
from tests.sync.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
SCRIPT = """
case $SYNC_PHASE in
  read) cp -r conf/. $SYNC_OURS/; cp -r $SYNC_CONFIG_PLACE/. $SYNC_THEIRS/;;
  write)
    rm -rf conf; mkdir conf; cp -r $SYNC_MERGED/. conf/
    find $SYNC_CONFIG_PLACE -mindepth 1 -delete; cp -r $SYNC_MERGED/. $SYNC_CONFIG_PLACE/;;
esac
"""


class End(NamedTuple):
    """Both sides, and what is recorded of them."""

    ours: dict[str, bytes]
    theirs: dict[str, bytes]
    agreed: str


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def place(box: Sandbox) -> Path:
    return box.root.parent / "theirs"


def end(box: Sandbox) -> End:
    agreed = box.git("ls-tree", state.REF, check=False)
    return End(files(box.root / "conf"), files(place(box)), agreed)


def pair(folder: Path) -> Sandbox:
    """Two sides that were made equal once."""
    folder.mkdir(exist_ok=True)
    box = Sandbox(folder / "repository")
    place(box).mkdir()
    for side in (place(box), box.root / "conf"):
        side.mkdir(exist_ok=True)
        for name in ("one", "two", "three"):
            (side / name).write_text(f"{name}\n")
    (place(box) / "one").chmod(0o640)
    box.target(
        "pair", SCRIPT, direction="bidirectional", outputs=["conf/**"], outside=[f"{place(box)}/**"],
        config={"place": str(place(box))},
    )  # fmt: skip
    box.commit()
    assert box.run().code == 0
    return box


def changed(box: Sandbox, text: str = "ours") -> str:
    """A run that settles a change of each side, one of them a deletion; gives its name."""
    (box.root / "conf/one").write_text(f"{text}\n")
    (box.root / "conf/three").unlink(missing_ok=True)
    box.commit()
    (place(box) / "two").write_text(f"theirs of {text}\n")
    (place(box) / "four").write_text("four\n")
    ran = box.run()
    assert ran.code == 0, ran.told
    return history.read(box.root)[0].id


def test_both_sides_and_what_they_agreed_on_are_what_they_were(tmp_path: Path) -> None:
    box = pair(tmp_path)
    before = end(box)
    run = changed(box)
    after = end(box)
    assert after.ours == after.theirs == {"one": b"ours\n", "two": b"theirs of ours\n", "four": b"four\n"}
    ran = box.run("rollback", run)
    assert ran.code == 0, ran.told
    assert "outside of the repository" in ran.out
    now = end(box)
    # What a person had changed and not synced yet stands there again, on its own side alone.
    assert now.ours == {"one": b"ours\n", "two": b"two\n"}
    assert now.theirs == {"one": b"one\n", "two": b"theirs of ours\n", "three": b"three\n", "four": b"four\n"}
    assert now.agreed == before.agreed
    assert stat.S_IMODE((place(box) / "one").stat().st_mode) == 0o640
    assert box.status == ""
    assert "there is nothing to do" in box.run("rollback", run).out


def test_a_sync_after_it_settles_the_same_again(tmp_path: Path) -> None:
    box = pair(tmp_path)
    run = changed(box)
    after = end(box)
    assert box.run("rollback", run).code == 0
    assert box.run().code == 0
    assert end(box) == after


def test_it_can_be_rolled_back_itself(tmp_path: Path) -> None:
    box = pair(tmp_path)
    run = changed(box)
    after = end(box)
    assert box.run("rollback", run).code == 0
    before = end(box)
    back = history.read(box.root)[0]
    assert box.run("rollback", back.id).code == 0
    assert end(box) == after
    assert box.run("rollback", history.read(box.root)[0].id).code == 0
    assert end(box) == before


def test_a_dry_run_writes_nothing_anywhere(tmp_path: Path) -> None:
    box = pair(tmp_path)
    run = changed(box)
    after, head = end(box), box.head
    ran = box.run("rollback", run, "--dry-run")
    assert ran.code == 0
    assert "files outside of the repository would be put back" in ran.out
    assert end(box) == after
    assert box.untouched(head)


@pytest.mark.parametrize("how", ["file", "new", "synced", "gone"])
def test_what_is_not_as_the_run_left_it_is_refused_and_nothing_is_touched(tmp_path: Path, how: str) -> None:
    box = pair(tmp_path)
    run = changed(box)
    said = {
        "file": f"changed again since, outside of the repository: {place(box)}/two",
        "new": f"changed again since, outside of the repository: {place(box)}/five",
        "synced": "pair: changed again since: conf/two",
        "gone": "nothing is kept here to go back to",
    }[how]
    if how == "synced":
        changed(box, "again")
    elif how == "gone":
        (box.root / ".git/directional-sync/kept/pair").rename(tmp_path / "elsewhere")
    else:
        (place(box) / ("two" if how == "file" else "five")).write_text("by hand\n")
    now, head = end(box), box.head
    ran = box.run("rollback", run)
    assert (ran.code, said in ran.err) == (4, True), ran.told
    assert end(box) == now
    assert box.untouched(head)


def test_only_the_last_of_several_can_be_taken_back_outside(tmp_path: Path) -> None:
    """One set of files is kept a target. After the last one is back, that set is what would undo this."""
    box = pair(tmp_path)
    first = changed(box)
    second = changed(box, "again")
    assert box.run("rollback", second).code == 0
    ran = box.run("rollback", first)
    assert (ran.code, "nothing is kept here" in ran.err) == (4, True), ran.told


def test_a_rollback_that_cannot_land_leaves_both_sides(tmp_path: Path) -> None:
    box = pair(tmp_path)
    run = changed(box)
    now = end(box)
    box.script(".git/hooks/pre-commit", "exit 1")
    assert box.run("rollback", run).code == 1
    assert end(box) == now
    (box.root / ".git/hooks/pre-commit").unlink()
    assert box.run("rollback", run).code == 0


@pytest.mark.parametrize("text", ["{", "[]", '{"globs": GLOBS, "folders": [], "files": [["one"]]}'])
def test_what_is_kept_and_cannot_be_read_takes_nothing_back(tmp_path: Path, text: str) -> None:
    box = pair(tmp_path)
    run = changed(box)
    now, head = end(box), box.head
    manifest = box.root / ".git/directional-sync/kept/pair/manifest.json"
    manifest.write_text(text.replace("GLOBS", json.dumps([f"{place(box)}/**"])))
    ran = box.run("rollback", run)
    assert ran.code in (1, 4)
    assert "cannot be read" in ran.told or "nothing is kept" in ran.told
    assert end(box) == now
    assert box.untouched(head)


def test_what_is_kept_is_for_its_owner_alone(tmp_path: Path) -> None:
    box = pair(tmp_path)
    changed(box)
    kept = box.root / ".git/directional-sync/kept"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in (kept / "pair").iterdir()} == {0o600}


def killed(box: Sandbox, step: str, *words: str) -> None:
    call = [sys.executable, "-m", "tests.sync.killing", step, "1", *words]
    done = subprocess.run(call, cwd=box.root, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True)
    assert done.returncode == -9, done.stderr


def check(folder: Path, step: str) -> None:
    """SIGKILL there, then the same again: both sides as without."""
    folder.mkdir()
    whole, box = pair(folder / "whole"), pair(folder / "killed")
    wanted = changed(whole)
    assert whole.run("rollback", wanted).code == 0
    run = changed(box)
    killed(box, step, "rollback", run)
    ran = box.run("rollback", run)
    assert ran.code == 0, (step, ran.told)
    assert end(box) == end(whole), step
    assert box.status == ""
    assert "there is nothing to do" in box.run("rollback", run).out


@pytest.mark.parametrize("step", ["after checks", "after landing", "after keep"])
def test_a_rerun_after_a_kill_leaves_what_one_rollback_leaves(tmp_path: Path, step: str) -> None:
    check(tmp_path / "box", step)


@pytest.mark.prove
def test_a_rerun_after_a_kill_at_any_step_leaves_what_one_rollback_leaves(tmp_path: Path) -> None:
    steps = ("after worktree", "after staging", "after commit", "after intent", "after merge", "before record")
    for number, step in enumerate(steps):
        check(tmp_path / str(number), step)


@pytest.mark.parametrize("step", ["after landing", "after keep"])
def test_a_sync_that_was_killed_is_taken_back_on_both_sides(tmp_path: Path, step: str) -> None:
    box = pair(tmp_path)
    (box.root / "conf/one").write_text("ours\n")
    box.commit()
    (place(box) / "two").write_text("theirs\n")
    before = end(box)
    killed(box, step)
    box.run("rollback", "0")  # an unknown one: it settles what was left, and no more
    run = history.read(box.root)[0]
    assert run.killed
    ran = box.run("rollback", run.id)
    assert ran.code == 0, ran.told
    assert end(box) == before
