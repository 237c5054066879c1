"""Repositories for tests of the sync, cut off from the git configuration of whoever runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sync.sandbox import Sandbox

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def own_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_WORK_TREE",
        "GIT_AUTHOR_NAME",
        "GIT_COMMITTER_NAME",
        "EMAIL",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path / "repository")
