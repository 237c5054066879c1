"""What a worktree has that its checkout did not give it: found by the times of folders, as strictly as git finds it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from compliance.sync import changes, repository, worktrees
from compliance.sync.folders import Folders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sync.sandbox import Sandbox


@pytest.fixture
def tree(sandbox: Sandbox) -> Iterator[worktrees.Tree]:
    sandbox.file("README", "read me\n")
    sandbox.file("docs/deep/er/text", "text\n")
    sandbox.file(".gitignore", "*.log\nbuild/\n")
    sandbox.commit()
    made = worktrees.Tree(repository.find(sandbox.root), 0)
    made.prepare(sandbox.head)
    yield made
    made.remove()


def known(tree: worktrees.Tree) -> Folders:
    found = tree.known()
    assert found is not None
    return found


def again(tree: worktrees.Tree, sandbox: Sandbox) -> Folders | None:
    """What is known of it for the next target."""
    tree.prepare(sandbox.head)
    return tree.folders


def test_a_fresh_checkout_has_nothing_new(tree: worktrees.Tree) -> None:
    assert known(tree).new() == []


@pytest.mark.parametrize(
    ("done", "found"),
    [
        ("touch new", ["new"]),
        ("touch docs/deep/er/new", ["docs/deep/er/new"]),
        ("mkdir -p a/b; touch a/b/c a/d", ["a/b/c", "a/d"]),
        ("touch $'two\\nlines'", ["two\nlines"]),
        ("ln -s README link", ["link"]),
        ("ln -s docs folder", ["folder"]),
        ("mkfifo pipe", []),
        ("git init -q docs/deep", ["docs/deep/"]),
        ("git init -q other; touch other/file", ["other/"]),
        ("rm -r docs/deep; touch docs/deep", ["docs/deep"]),
        ("rm README; mkdir README; touch README/file", ["README/file"]),
        ("rm -r docs; mkdir -p docs/deep/er; touch docs/deep/er/text docs/x", ["docs/x"]),
        ("mv docs/deep docs/other", ["docs/other/er/text"]),
        ("touch x; rm x", []),
        ("mkdir -p a/b", []),
    ],
)
def test_each_new_name_is_found(tree: worktrees.Tree, done: str, found: list[str]) -> None:
    folders = known(tree)
    bash(tree.path, done)
    assert folders.new() == found


def test_a_name_that_is_new_in_the_very_tick_of_the_checkout_is_found(tree: worktrees.Tree) -> None:
    """Many times over: the clock of a disk goes by ticks of milliseconds."""
    for number in range(50):
        folders = Folders(tree.path, tree.notes / "index", tree.scratch)
        (tree.path / f"docs/{number}").touch()
        assert folders.new() == [f"docs/{number}"]


def test_a_change_in_the_tick_in_which_all_was_found_settled_is_found(tree: worktrees.Tree) -> None:
    folders = known(tree)
    for number in range(50):
        place = tree.path / f"docs/{number}"
        place.touch()
        assert folders.new() == [f"docs/{number}"]
        place.unlink()
        assert folders.settled()


@pytest.mark.parametrize(
    "done", ["touch .cache.log", "mkdir build; touch build/x", "mkfifo pipe", "mkdir a; mkfifo a/b"]
)
def test_what_is_left_by_one_target_is_not_there_for_the_next(
    tree: worktrees.Tree, sandbox: Sandbox, done: str
) -> None:
    folders = known(tree)
    bash(tree.path, done)
    folders.new()
    again(tree, sandbox)
    names = [".git", ".gitignore", ".insightpulse", "README", "docs"]
    assert sorted(each.name for each in tree.path.iterdir()) == names


def test_empty_folders_are_taken_away_without_a_new_checkout(tree: worktrees.Tree, sandbox: Sandbox) -> None:
    folders = known(tree)
    (tree.path / "a/b").mkdir(parents=True)
    assert folders.new() == []
    assert again(tree, sandbox) is folders
    assert not (tree.path / "a").exists()


def test_after_git_has_put_all_back_the_same_is_known(tree: worktrees.Tree, sandbox: Sandbox) -> None:
    folders = known(tree)
    bash(tree.path, "rm -r docs; touch new; git add new")
    folders.new()
    tree.dirty = True
    assert again(tree, sandbox) is folders
    assert folders.new() == []
    bash(tree.path, "touch docs/deep/new")
    assert folders.new() == ["docs/deep/new"]


def test_on_another_commit_nothing_is_known(tree: worktrees.Tree, sandbox: Sandbox) -> None:
    known(tree)
    sandbox.file("more", "more\n")
    sandbox.commit()
    assert again(tree, sandbox) is None
    assert known(tree).new() == []


@pytest.mark.parametrize("done", ["git add -N README; touch n; git add n", "git rm -q --cached README"])
def test_where_the_index_was_written_git_looks_through_all(
    tree: worktrees.Tree, sandbox: Sandbox, done: str
) -> None:
    folders = known(tree)
    bash(tree.path, done)
    assert folders.new() is None
    found = changes.look(tree.path, sandbox.head, ["**/*", "*"], folders)
    assert found.paths
    assert found.left


def test_it_and_git_say_the_same(tree: worktrees.Tree, sandbox: Sandbox) -> None:
    folders = known(tree)
    bash(
        tree.path,
        "mkdir -p o/p; touch o/x o/p/y README; echo >>README; rm docs/deep/er/text; ln -s x o/l",
    )
    with_it, without = (changes.look(tree.path, sandbox.head, ["**/*", "*"], each) for each in (folders, None))
    assert (with_it.changes, with_it.prints) == (without.changes, without.prints)
    assert [c.path for c in with_it.changes] == ["README", "docs/deep/er/text", "o/l", "o/p/y", "o/x"]


def test_a_large_tree_is_learned_only_where_it_serves_many(
    tree: worktrees.Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worktrees, "_SMALL", 0)
    assert tree.known() is None
    tree.uses = 3
    assert tree.known() is not None


def test_what_is_ignored_only_since_the_second_run_is_told(sandbox: Sandbox) -> None:
    sandbox.pull("news", "[ -e out/one ] && echo '*' >out/.gitignore; echo one >out/one")
    before = sandbox.commit()
    assert sandbox.run().code == 1
    assert sandbox.untouched(before)


def test_a_stray_of_the_first_run_is_told_where_the_second_fails_for_it(sandbox: Sandbox) -> None:
    sandbox.pull("news", "[ ! -e stray ]; echo x >out/x; echo x >stray")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "none of its outputs: stray" in ran.out
    assert sandbox.untouched(before)


@pytest.mark.parametrize("run", ["first", "second"])
def test_a_stray_of_either_run_fails_the_target(sandbox: Sandbox, run: str) -> None:
    sign = "!" if run == "first" else ""
    sandbox.file("docs/text", "text\n")
    sandbox.pull("news", f"[ {sign} -e out/x ] && echo more >>docs/text; echo x >out/x")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "none of its outputs: docs/text" in ran.out
    assert sandbox.untouched(before)


def test_many_targets_of_one_worktree_leave_each_other_nothing(sandbox: Sandbox) -> None:
    """Ignored files, empty folders, pipes: each target looks whether it is alone."""
    sandbox.file(".gitignore", "*.log\n")
    left = "[ -z \"$(ls -A | grep -v -e '^.git' -e '^.insightpulse$' -e '^scripts$' -e '^out$')\" ]"
    for number in range(6):
        script = (
            f"{left}; echo {number} >out/{number}/x; mkdir empty; touch x.log; mkdir -p e/m; touch e/m/y.log"
        )
        sandbox.pull(f"t{number}", script, [f"out/{number}/**"])
        sandbox.targets[f"t{number}"]["idempotent"] = False
    sandbox.commit()
    ran = sandbox.run("--jobs", "2")
    assert ran.code == 0, ran.out
    assert len(sandbox.git("ls-files", "out").split()) == 6


def test_what_lies_there_is_read_only_where_it_is_little(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert changes.glimpse(tmp_path, ["out"]) == {}
    (tmp_path / "out/x").write_text("x")
    small = changes.glimpse(tmp_path, ["out"])
    (tmp_path / "out/x").write_text("x")
    assert changes.glimpse(tmp_path, ["out"]) == small
    (tmp_path / "out/x").write_text("y")
    assert changes.glimpse(tmp_path, ["out"]) != small
    (tmp_path / "out/y").write_bytes(bytes(2**21))
    assert changes.glimpse(tmp_path, ["out"]) is None
    assert changes.near(["out/**", "*.md"]) == []


def bash(folder: Path, text: str) -> None:
    subprocess.run(["bash", "-euc", text], cwd=folder, check=True)
