"""Worktrees that are made at the same time: git stumbles over one that another git is just making."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from compliance.sync import repository
from compliance.sync.worktrees import Tree

if TYPE_CHECKING:
    from tests.sync.sandbox import Sandbox


def test_worktrees_are_made_and_removed_side_by_side(sandbox: Sandbox) -> None:
    """'failed to read .git/worktrees/…/commondir: Success' is what git said of the other one."""
    sandbox.file("a", "a")
    commit = sandbox.commit()
    found = repository.find(sandbox.root)

    def one(number: int) -> None:
        tree = Tree(found, number)
        for _ in range(25):
            tree.prepare(commit)
            tree.remove()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(4)))
