"""The drift report of two sides (document 003, Claude Config: 'Generate drift report'): what differed, what was done.

It holds no time and no value, and it is left as it is where nothing differs: a second run must change nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compliance.sync import trees

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compliance.sync.model import Job


class Report:
    """`SYNC_REPORT`, the first output that is a plain `.md` file. An entrypoint that writes it keeps what it wrote."""

    def __init__(self, job: Job) -> None:
        outputs = [
            path for path in job.target.outputs if path.endswith(".md") and not re.search(r"[*?\[]", path)
        ]
        self.lands = bool(outputs)
        self.path = job.tree / outputs[0] if outputs else job.scratch / "report.md"
        self.title = f"# Drift of {job.target.name}"
        self.before = self._content()

    def _content(self) -> tuple[bytes, int, int] | None:
        """With what tells that it was written anew, as it was before."""
        if not self.path.is_file() or self.path.is_symlink():
            return None
        info = self.path.stat()
        return self.path.read_bytes(), info.st_ino, info.st_mtime_ns

    def write(self, drift: Sequence[str]) -> None:
        """What the entrypoint left to the runner."""
        now = self._content()
        if not self.lands or now != self.before or (not drift and now is not None):
            return
        lines = (
            [self.title, "", *(f"- {each}" for each in drift)]
            if drift
            else [self.title, "", "Nothing differs."]
        )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        trees.put(self.path, ("\n".join(lines) + "\n").encode(errors="backslashreplace"), 0o644)


def counted(drift: Sequence[str]) -> str:
    return f"{len(drift)} difference{'' if len(drift) == 1 else 's'}"
