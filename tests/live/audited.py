"""A desk at which audits were made, asked in this process: a command then takes as long as what it does."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from compliance import cli
from tests.evidence.bundles import Desk, Done

if TYPE_CHECKING:
    from pathlib import Path

WAIVER = """waivers:
  - {id: w1, finding: "%s", reason: r, owner: o, approver: p, from: 2026-01-01, until: 2026-12-31, ceiling: 1}
"""


class Audited:
    """The folder of a `Desk`."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment

    @classmethod
    def anew(cls, folder: Path) -> Audited:
        folder.mkdir(exist_ok=True)
        return cls(folder, Desk(folder).environment)

    def copied(self, folder: Path) -> Audited:
        return Audited(shutil.copytree(self.folder, folder / "desk"), self.environment)

    def run(self, *words: str) -> Done:
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(self.folder), patch.dict(os.environ, self.environment),
            contextlib.redirect_stdout(out), contextlib.redirect_stderr(err),
        ):  # fmt: skip
            code = cli.main(words)
        return Done(code, out.getvalue(), err.getvalue())

    def audit(self, day: int, keep: str = "") -> dict[str, Any]:
        """As it is judged on a day of November 2026; `keep`: where its verdict is copied to."""
        done = self.run(
            "audit", "--estate", "estate.yaml", "--observation", "observation.json", "--judged-at",
            f"2026-11-{day}T00:00:00+00:00", "--no-page", "--json",
        )  # fmt: skip
        assert done.code in (0, 1), done.err
        if keep:
            shutil.copy(self.folder / "reports" / "verdict.json", self.folder / keep)
        found: dict[str, Any] = json.loads(done.out)
        return found
