"""A commit of what stands in the main tree without being committed: what a dry run begins from, and a target whose
files are kept out of commits. It is never part of a branch."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from compliance.sync.committing import NOBODY
from compliance.sync.repository import git

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compliance.sync.repository import Repository


def commit(repository: Repository, tip: str, paths: Sequence[str]) -> str:
    """The commit that holds these paths as they stand in the main tree, on top of the tip; without any, the tip.
    Repositories that lie in it are left out: no commit would hold their files."""
    paths = [path for path in paths if not path.endswith("/")]
    if not paths:
        return tip
    index = repository.store / "overlay.index"
    shutil.copyfile(repository.git_dir / "index", index)
    env = {"GIT_INDEX_FILE": str(index)}
    given = b"".join(os.fsencode(path) + b"\0" for path in paths)
    git(repository.root, "read-tree", tip, env=env)
    words = ("add", "--pathspec-from-file=-", "--pathspec-file-nul")
    git(repository.root, "--literal-pathspecs", *words, given=given, env=env)
    tree = git(repository.root, "write-tree", env=env).strip()
    return git(
        repository.root, *NOBODY, "commit-tree", tree, "-p", tip, "-m", "what stands in the main tree"
    ).strip()
