"""The hooks of pre-commit, run by the real one: ours here, and a user's in a repository with an estate."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def _run(folder: Path, *arguments: str | Path, home: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTEST_"))}
    return subprocess.run(
        arguments, cwd=folder, env=kept | {"PRE_COMMIT_HOME": str(home)}, capture_output=True, text=True, check=False,
        timeout=600,
    )  # fmt: skip


def _repository(folder: Path, home: Path) -> Path:
    """All that lies in a folder, in a new repository that knows who commits."""
    for line in (
        ("init", "-q"),
        ("config", "user.name", "n"),
        ("config", "user.email", "n@example.org"),
        ("add", "."),
    ):
        assert _run(folder, "git", *line, home=home).returncode == 0
    return folder


def _spoiled(folder: Path, home: Path) -> None:
    with (folder / "policy/platform.yaml").open("a", encoding="utf-8") as file:
        file.write("unheard_of: 1\n")
    assert _run(folder, "git", "add", ".", home=home).returncode == 0


@pytest.mark.parametrize(
    ("what", "file"),
    [("validate-manifest", ".pre-commit-hooks.yaml"), ("validate-config", ".pre-commit-config.yaml")],
)
def test_pre_commit_reads_them(what: str, file: str, tmp_path: Path) -> None:
    done = _run(ROOT, BIN / "pre-commit", what, file, home=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_policy_that_cannot_be_read_is_not_committed_here(tmp_path: Path) -> None:
    here, home = tmp_path / "here", tmp_path / "home"
    for name in ("reference", "foreign"):
        shutil.copytree(ROOT / "fixtures" / name, here / "fixtures" / name)
    shutil.copy(ROOT / ".pre-commit-config.yaml", here)
    (here / ".venv").symlink_to(BIN.parent)
    (here / ".gitignore").write_text(".venv\n")
    _repository(here, home)
    asked = (BIN / "pre-commit", "run", "policy", "--all-files")
    assert _run(here, *asked, home=home).returncode == 0
    _spoiled(here / "fixtures/foreign", home)
    done = _run(here, *asked, home=home)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "fixtures/foreign/policy/platform.yaml" in done.stdout
    assert "unknown key 'unheard_of'" in done.stdout


@pytest.mark.prove
def test_a_user_s_hook_is_installed_and_finds_what_bars_a_policy(tmp_path: Path) -> None:
    """Installs the program with its dependencies as pre-commit does: under a minute, and only where an index is."""
    suite, mine, home = tmp_path / "suite", tmp_path / "mine", tmp_path / "home"
    assert _run(tmp_path, "git", "clone", "-q", ROOT, suite, home=home).returncode == 0
    shutil.copytree(ROOT / "fixtures/foreign/policy", mine / "policy")
    shutil.copy(ROOT / "fixtures/foreign/estate.yaml", mine)
    _repository(mine, home)
    asked = (BIN / "pre-commit", "try-repo", suite, "compliance-policy", "--all-files")
    done = _run(mine, *asked, home=home)
    assert (done.returncode, "Passed" in done.stdout) == (0, True), done.stdout + done.stderr
    _spoiled(mine, home)
    done = _run(mine, *asked, home=home)
    assert (done.returncode, "unknown key 'unheard_of'" in done.stdout) == (1, True), done.stdout + done.stderr
