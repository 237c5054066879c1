"""Targets that end close together land in one move of the main tree, and each is a commit of its own even so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from compliance.sync import bases, objects, repository
from compliance.sync.committing import Entry

if TYPE_CHECKING:
    from tests.sync.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
MANY = [f"t{number}" for number in range(12)]


@pytest.fixture
def many(sandbox: Sandbox) -> Sandbox:
    for name in MANY:
        sandbox.pull(name, f"echo {name} >out/{name}/x", [f"out/{name}/**"])
    sandbox.commit()
    return sandbox


def landed(box: Sandbox) -> None:
    assert box.status == ""
    assert box.git("log", "-12", "--reverse", "--format=%s").split("\n")[:-1] == [
        f"chore(sync): {name}" for name in MANY
    ]
    for place, name in enumerate(reversed(MANY)):
        assert box.committed(f"HEAD~{place}") == [f"out/{name}/x"]
    box.git("fsck", "--strict")


def test_many_land_in_fewer_moves_each_as_a_commit_in_the_order_of_the_file(many: Sandbox) -> None:
    assert many.run("--jobs", "2").code == 0
    landed(many)
    assert 2 <= len(many.git("reflog", "main").splitlines()) < len(MANY)


@pytest.mark.parametrize("step", ["after intent", "after merge", "after landing", "after keep"])
def test_a_kill_amid_such_a_move_leaves_what_a_rerun_completes(many: Sandbox, step: str) -> None:
    words = [sys.executable, "-m", "tests.sync.killing", step, "2", "--jobs", "2"]
    killed = subprocess.run(words, cwd=many.root, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert killed.returncode == -9
    assert many.run("--jobs", "2").code == 0
    landed(many)


def test_one_that_cannot_land_keeps_no_other_back(many: Sandbox) -> None:
    many.file(".git/info/exclude", "out/t3/\n")
    (many.root / "out/t3").mkdir(parents=True)
    (many.root / "out/t3/x").mkdir()
    many.file("out/t3/x/mine", "x")
    ran = many.run("--jobs", "2", "--json")
    failed = [r["target"] for r in ran.summary["results"] if not r["success"]]
    assert (ran.code, failed) == (1, ["t3"])
    assert (many.root / "out/t3/x/mine").read_text() == "x"
    assert many.git("rev-list", "--count", "HEAD").strip() == str(len(MANY))


def test_whoever_wrote_to_the_main_tree_fails_also_where_others_end_before(many: Sandbox) -> None:
    stray = f"echo x >{many.root}/stray; sleep 1; echo x >out/t0/x"
    many.script("scripts/t0.sh", stray)
    many.commit()
    ran = many.run("--jobs", "2", "--json")
    results = {r["target"]: r for r in ran.summary["results"]}
    assert not results["t0"]["success"]
    assert "stray" in results["t0"]["message"]
    assert results["t11"]["success"]


def test_only_outputs_that_nobody_else_can_write_stand_apart(sandbox: Sandbox) -> None:
    from compliance.systems.directional_sync.syncfile import Target

    def target(name: str, *outputs: str, **keys: object) -> Target:
        given = {"name": name, "direction": "pull", "outputs": outputs, "git_commit": True, "depends_on": ()}
        found = object.__new__(Target)
        for key, value in {**given, **keys}.items():
            object.__setattr__(found, key, value)
        return found

    listed = [
        target("one", "a/one/**"), target("two", "a/two/*.json"), target("file", "b/x"), target("other", "b/y"),
        target("same", "b/z"), target("again", "b/z"), target("outer", "c/**"), target("inner", "c/d/e"),
        target("after", "f/**", depends_on=("one",)), target("push", "g/**", direction="push"),
    ]  # fmt: skip
    assert bases.apart(listed) == {"one", "two", "file", "other"}
    assert bases.apart([target("all", "**"), target("one", "a/**")]) == frozenset()


def test_trees_are_what_git_makes_of_the_same_changes(sandbox: Sandbox) -> None:
    for path in ("a/b/c", "a/b.c", "a/b0", "file", "gone/deep/x", "run"):
        sandbox.file(path, path)
    before = sandbox.commit()
    sandbox.file("a/b/new", "new")
    (sandbox.root / "file").unlink()
    sandbox.file("file/inner", "inner")
    (sandbox.root / "gone/deep/x").unlink()
    sandbox.file("run", "x")
    (sandbox.root / "run").chmod(0o755)
    after = sandbox.commit()
    raw = sandbox.git("diff-tree", "-r", "-z", "--raw", "--no-abbrev", before, after).split("\0")
    heads = [head.lstrip(":").split(" ") for head in raw[:-1:2]]
    entries = [Entry(path, h[2], h[1], h[3]) for h, path in zip(heads, raw[1::2], strict=True)]
    found = repository.find(sandbox.root)
    found.store.mkdir()
    made = objects.Objects(found)
    try:
        assert made.tree(before, entries) == sandbox.git("rev-parse", f"{after}^{{tree}}").strip()
    finally:
        made.close()
