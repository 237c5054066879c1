"""Branches, tags and stashes are shared by all worktrees: what an entrypoint makes of them would stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sync.sandbox import Sandbox


@pytest.mark.parametrize(
    ("done", "ref"),
    [
        ("git branch mine", "refs/heads/mine"),
        ("git checkout -q -b mine", "refs/heads/mine"),
        ("git tag mine", "refs/tags/mine"),
        ("git branch -f other HEAD~1", "refs/heads/other"),
        ("git branch -q -D other", "refs/heads/other"),
        ("git tag -f kept HEAD~1 >/dev/null", "refs/tags/kept"),
        ("echo x >>scripts/news.sh; git stash -q", "refs/stash"),
        ("git notes add -m x", "refs/notes/commits"),
        ("git update-ref refs/own/x HEAD", "refs/own/x"),
    ],
)
@pytest.mark.parametrize("more", ["echo one >out/one", "true"])
def test_a_ref_that_an_entrypoint_makes_moves_or_removes_fails_it(
    sandbox: Sandbox, done: str, ref: str, more: str
) -> None:
    sandbox.file("out/there", "there\n")
    sandbox.commit()
    sandbox.pull("news", f"{done}\n{more}", idempotent=False)
    before = sandbox.commit()
    sandbox.git("branch", "other")
    sandbox.git("tag", "kept")
    ran = sandbox.run()
    assert ran.code == 1, ran.told
    assert f"refs of the repository: {ref}" in ran.out
    assert "git update-ref -d" in ran.out
    assert sandbox.head == before
    assert sandbox.status == ""


def test_what_a_fetch_moves_and_who_commits_in_a_worktree_of_his_own_fail_nothing(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    sandbox.pull("news", f"git fetch -q origin; git -C {other} commit -q --allow-empty -m mine; echo x >out/x")
    sandbox.targets["news"]["idempotent"] = False
    sandbox.commit()
    sandbox.git("clone", "-q", "--bare", ".", str(tmp_path / "origin"))
    sandbox.git("remote", "add", "origin", str(tmp_path / "origin"))
    sandbox.git("worktree", "add", "-q", "-b", "beside", str(other))
    ran = sandbox.run()
    assert ran.code == 0, ran.told
    assert sandbox.git("for-each-ref", "refs/remotes") != ""


def test_many_targets_land_and_are_not_taken_for_who_moved_the_branch(sandbox: Sandbox) -> None:
    for number in range(4):
        sandbox.pull(f"t{number}", f"echo x >out/{number}/x", [f"out/{number}/**"])
    sandbox.commit()
    assert sandbox.run("--jobs", "2").code == 0
