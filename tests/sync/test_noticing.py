"""What happens to a worktree, as the system tells it: whatever was touched is looked at, by whichever way it was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from compliance.sync import changes, noticing, repository, worktrees

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.sync.folders import Folders
    from tests.sync.sandbox import Sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


@pytest.fixture
def tree(sandbox: Sandbox) -> Iterator[worktrees.Tree]:
    sandbox.file("README", "read me\n")
    sandbox.file("docs/deep/er/text", "text\n")
    sandbox.file("docs/other", "other\n")
    sandbox.file(".gitignore", "*.log\n!kept.log\n")
    (sandbox.root / "link").symlink_to("README")
    sandbox.commit()
    made = worktrees.Tree(repository.find(sandbox.root), 0)
    for _ in range(2):  # from the second target on it is told
        made.prepare(sandbox.head)
        made.known()
    yield made
    made.remove()


def told(tree: worktrees.Tree) -> Folders:
    assert tree.folders is not None
    assert tree.folders.notices is not None
    return tree.folders


MAP = "import mmap; f = open('README', 'r+b'); m = mmap.mmap(f.fileno(), 0); f.close(); m[0:1] = b'R'"
WAYS = [
    "echo x >>README",
    "truncate -s 3 README",
    "chmod +x docs/other",
    "ln README ../elsewhere; echo x >>../elsewhere; rm ../elsewhere",
    "ln README b; rm README; mv b README; echo x >README",
    f'{sys.executable} -c "{MAP}"',
    "echo x >new; mv new README",
    "cp -r docs copy; rm -r docs; mv copy docs; echo x >docs/deep/er/text",
    "mv docs moved; echo x >moved/other; mv moved docs",
    "mv docs/deep docs/shallow",
    "rm README",
    "rm -r docs",
    "rm -r docs; echo file >docs",
    "rm -r docs/deep; ln -s .. docs/deep",
    "rm README; mkdir README; echo x >README/x",
    "ln -sf docs/other link",
    "echo x >a.log; mkdir new; echo x >new/b.log; echo x >new/kept.log; echo x >new/x",
    "echo '*' >docs/.gitignore; echo x >docs/new",
    "echo '*.txt' >>.gitignore; echo x >docs/new.txt",
    "mkdir -p a/b; git init -q a/b/c; echo x >a/b/c/x",
    "echo x >staged; git add staged",
    "git rm -q --cached README",
    "for n in $(seq 300); do echo $n >docs/$n; done",
    "touch README; mkdir empty; mkfifo pipe",
]


@pytest.mark.parametrize("done", WAYS)
def test_it_finds_what_git_finds_that_looks_at_all(tree: worktrees.Tree, sandbox: Sandbox, done: str) -> None:
    folders = told(tree)
    bash(tree.path, done)
    assert seen(tree, sandbox, folders) == seen(tree, sandbox, None)


@pytest.mark.parametrize("done", WAYS)
def test_the_next_target_begins_from_the_checkout_and_is_told_anew(
    tree: worktrees.Tree, sandbox: Sandbox, done: str
) -> None:
    bash(tree.path, done)
    seen(tree, sandbox, told(tree))
    tree.dirty = True
    for _ in range(2):
        tree.prepare(sandbox.head)
        tree.known()
    assert repository.status(tree.path, ignored=True).entries == ()
    folders = told(tree)
    assert seen(tree, sandbox, folders) == ([], [])
    bash(tree.path, "echo x >>README; echo x >docs/deep/er/text; echo x >docs/deep/more")
    assert [path for path, _ in seen(tree, sandbox, folders)[0]] == [
        "README",
        "docs/deep/er/text",
        "docs/deep/more",
    ]


def test_what_nobody_touched_git_is_not_asked_for(
    tree: worktrees.Tree, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = told(tree)
    bash(tree.path, "cat README docs/other >docs/new; ls -R >/dev/null")
    monkeypatch.setattr(repository, "status", None)
    assert seen(tree, sandbox, folders)[0] == [("docs/new", "added")]


def test_a_commit_of_its_own_is_found_where_no_file_was_touched(tree: worktrees.Tree, sandbox: Sandbox) -> None:
    bash(tree.path, "git commit -q --allow-empty -m own")
    with pytest.raises(changes.TargetFailed, match="a commit of its own"):
        changes.look(tree.path, sandbox.head, ["**/*"], told(tree))


def test_where_events_are_lost_all_is_looked_at_and_the_worktree_is_made_anew(
    tree: worktrees.Tree, sandbox: Sandbox
) -> None:
    folders = told(tree)
    assert folders.notices is not None
    bash(tree.path, "echo x >>README")
    folders.notices.lost = True
    assert seen(tree, sandbox, folders) == ([("README", "changed")], [])
    tree.prepare(sandbox.head)
    assert tree.folders is None
    assert (tree.path / "README").read_text() == "read me\n"


def test_more_events_than_the_system_keeps_are_not_taken_for_all(
    tree: worktrees.Tree, sandbox: Sandbox
) -> None:
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if most > 100_000:
        pytest.skip("too many to make here")
    folders = told(tree)
    code = f"import os\nfor n in range({most}): os.mkdir('docs/x'); os.rmdir('docs/x')"
    subprocess.run([sys.executable, "-c", code], cwd=tree.path, check=True)
    bash(tree.path, "echo x >>README")
    assert folders.new() is None
    assert seen(tree, sandbox, folders) == ([("README", "changed")], [])


def test_where_names_are_not_those_of_git_nothing_is_told(tree: worktrees.Tree) -> None:
    folders = told(tree)
    folders.notices = None
    folders.notice(["README"])
    assert folders.notices is None


def test_too_many_files_are_not_watched(tree: worktrees.Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noticing, "_MOST", 1)
    assert noticing.begun(str(tree.path), tree.scratch, ["README"], [""]) is None


def test_a_stray_of_any_target_of_one_worktree_is_told_and_of_no_other(sandbox: Sandbox) -> None:
    sandbox.file("docs/text", "text\n")
    for number in range(9):
        stray = {4: "echo more >>docs/text;", 6: "echo x >stray;", 8: "rm docs/text;"}.get(number, "")
        sandbox.pull(f"t{number}", f"{stray} echo {number} >out/{number}/x", [f"out/{number}/**"])
    sandbox.commit()
    ran = sandbox.run("--jobs", "2", "--json")
    failed = {each["target"]: each["message"] for each in ran.summary["results"] if not each["success"]}
    assert failed.keys() == {"t4", "t6", "t8"}
    assert all("none of its outputs" in message for message in failed.values())
    assert len(sandbox.git("ls-files", "out").split()) == 6


def seen(
    tree: worktrees.Tree, sandbox: Sandbox, folders: Folders | None
) -> tuple[list[tuple[str, str]], list[str]]:
    """What changed, or why it may not."""
    try:
        found = changes.look(tree.path, sandbox.head, ["**/*", "*"], folders)
    except changes.TargetFailed as error:
        return [], [error.message]
    return [(change.path, change.change) for change in found.changes], sorted(found.fleeting)


def bash(folder: Path, text: str) -> None:
    subprocess.run(["bash", "-euc", text], cwd=folder, check=True)
