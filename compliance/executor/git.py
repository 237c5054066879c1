"""What a git of ours is told by its environment: of no other repository, in one language, and to ask nobody."""

from __future__ import annotations

import os

# Started from a hook, git says by its environment which repository it means: not this one.
_ELSEWHERE = frozenset({
    "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_LITERAL_PATHSPECS",
})  # fmt: skip


def environment() -> dict[str, str]:
    """This process's, less what leads git elsewhere."""
    kept = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    return kept | {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
