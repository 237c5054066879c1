"""The scripts of the rendered workflow, run by the real bash and git: state fetched, commits rebased and pushed."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from compliance.estate import document
from compliance.systems.directional_sync.workflow_rendering import FILE, render
from tests.sync.schedules import EIGHT, of

if TYPE_CHECKING:
    from pathlib import Path

STATE, HISTORY = "refs/directional-sync/state", "refs/directional-sync/history"


class Remote:
    """A bare remote, the clone that a run works in, and another one that somebody else pushes from."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.mine, self.theirs = folder, folder / "mine", folder / "theirs"
        self.git(folder, "init", "-q", "--bare", "-b", "main", "remote")
        self.git(folder, "clone", "-q", "remote", "theirs")
        self.commit(self.theirs, "a", "1")
        self.git(self.theirs, "push", "-q", "origin", "HEAD:main")
        self.git(folder, "clone", "-q", "remote", "mine")

    def git(self, place: Path, *arguments: str) -> str:
        named = ("-c", "user.name=T", "-c", "user.email=t@example.org")
        done = subprocess.run(
            ["git", *named, *arguments], cwd=place, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, place: Path, name: str, text: str) -> None:
        (place / name).write_text(text)
        self.git(place, "add", name)
        self.git(place, "commit", "-q", "-m", name)

    def log(self) -> list[str]:
        return self.git(self.folder / "remote", "log", "--format=%s", "main").split("\n")

    def step(self, name: str) -> subprocess.CompletedProcess[str]:
        text = render(of(EIGHT, git={"branch": "main"}), ".insightpulse/sync.yaml")
        found = document.parsed(text, self.folder / FILE).value["jobs"]["sync"]["steps"]
        (script,) = (step["run"] for step in found if step["name"] == name)
        env = {**os.environ, "GIT_COMMITTER_NAME": "T", "GIT_COMMITTER_EMAIL": "t@example.org"}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", f"sleep() {{ :; }}\n{script}"],
            cwd=self.mine, capture_output=True, text=True, check=False, timeout=60, env=env,
        )  # fmt: skip


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return Remote(tmp_path)


def test_what_was_committed_is_pushed(remote: Remote) -> None:
    remote.commit(remote.mine, "b", "2")
    assert remote.step("Push").returncode == 0
    assert remote.log() == ["b", "a"]


def test_a_branch_that_has_moved_on_is_rebased_on(remote: Remote) -> None:
    remote.commit(remote.theirs, "c", "3")
    remote.git(remote.theirs, "push", "-q", "origin", "HEAD:main")
    remote.commit(remote.mine, "b", "2")
    (remote.mine / "a").write_text("written and, as was asked for, not committed")
    assert remote.step("Push").returncode == 0
    assert remote.log() == ["b", "c", "a"]


def test_a_change_in_the_same_place_is_a_failure_that_leaves_no_rebase_behind(remote: Remote) -> None:
    remote.commit(remote.theirs, "a", "theirs")
    remote.git(remote.theirs, "push", "-q", "origin", "HEAD:main")
    remote.commit(remote.mine, "a", "mine")
    done = remote.step("Push")
    assert (done.returncode, "::error::what was synced meets a change of main" in done.stdout) == (1, True)
    assert remote.git(remote.mine, "status", "--porcelain", "--branch").startswith("## main...origin/main")
    assert remote.log() == ["a", "a"]


def test_a_remote_that_is_gone_is_tried_a_few_times_and_is_a_failure(remote: Remote) -> None:
    (remote.folder / "remote").rename(remote.folder / "gone")
    remote.commit(remote.mine, "b", "2")
    done = remote.step("Push")
    assert (done.returncode, "::error::main could not be pushed" in done.stdout) == (1, True)


@pytest.mark.parametrize("ref", [STATE, HISTORY])
def test_state_and_history_go_from_one_run_to_the_next(remote: Remote, ref: str) -> None:
    assert remote.step("Fetch the recorded state").returncode == 0  # there is none at first
    assert remote.step("Push the recorded state").returncode == 0  # and none after a run that records none
    remote.git(remote.mine, "update-ref", ref, "HEAD")
    assert remote.step("Push the recorded state").returncode == 0
    told = remote.git(remote.mine, "rev-parse", ref)
    remote.git(remote.mine, "update-ref", "-d", ref)
    assert remote.step("Fetch the recorded state").returncode == 0
    assert remote.git(remote.mine, "rev-parse", ref) == told


def test_a_state_that_cannot_be_asked_for_is_no_state_that_is_not_there(remote: Remote) -> None:
    (remote.folder / "remote").rename(remote.folder / "gone")
    done = remote.step("Fetch the recorded state")
    assert (done.returncode, "::error::the recorded state could not be asked for" in done.stdout) == (128, True)


def test_a_state_that_another_has_pushed_is_not_written_over(remote: Remote) -> None:
    remote.commit(remote.theirs, "c", "3")
    remote.git(remote.theirs, "push", "-q", "origin", f"HEAD:{STATE}")
    remote.git(remote.mine, "update-ref", STATE, "HEAD")
    remote.commit(remote.mine, "b", "2")
    remote.git(remote.mine, "update-ref", STATE, "HEAD")
    done = remote.step("Push the recorded state")
    assert (done.returncode, "::error::the recorded state could not be pushed" in done.stdout) == (1, True)
