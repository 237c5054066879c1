"""What a look takes of names alone: modes as git writes them, and what a .gitignore leaves out. With the real git."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from compliance.core.needs import Needs
from compliance.core.observation import Blind, Listed, Observation, Seen
from compliance.estate import config, repository
from compliance.estate.resources import resource

if TYPE_CHECKING:
    from pathlib import Path

AT = "2026-11-21T00:00:00+00:00"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place = tmp_path / "repository"
    (place / "scripts").mkdir(parents=True)
    (place / "out").mkdir()
    (place / "scripts/run.sh").write_text("#!/bin/sh\n")
    (place / "scripts/run.sh").chmod(0o755)
    (place / "scripts/plain.py").write_text("")
    return place


def looked(root: Path, *paths: str) -> Seen[Listed] | Blind:
    estate = replace(config.load(resource("fixtures/reference/estate.yaml")), repository=root)
    (found,) = repository.look(estate, Needs(listed=frozenset(paths)), AT, lambda _: None)
    assert found[0] == "listed"
    return found[1]


def listed(root: Path, *paths: str) -> tuple[Listed, ...]:
    found = looked(root, *paths)
    assert isinstance(found, Seen), found
    return found.facts


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", root, *arguments], check=True, capture_output=True)


def test_a_folder_stands_for_its_files_and_what_is_not_there_is_said(root: Path) -> None:
    assert listed(root, "scripts", "gone/x.json") == (
        Listed("gone/x.json", None, None, False), Listed("scripts/plain.py", "100644", None, False),
        Listed("scripts/run.sh", "100755", None, False),
    )  # fmt: skip


def test_modes_are_those_of_git_whatever_the_mask_of_a_person(root: Path) -> None:
    (root / "scripts/run.sh").chmod(0o700)
    (root / "scripts/plain.py").chmod(0o600)
    assert [entry.mode for entry in listed(root, "scripts")] == ["100644", "100755"]


def test_a_link_is_one_and_is_not_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.txt").write_text("x")
    (root / "out/away").symlink_to(tmp_path / "outside")
    (root / "linked").symlink_to(tmp_path / "outside")
    assert listed(root, "linked", "out") == (
        Listed("linked", "120000", None, False), Listed("out/away", "120000", None, False),
    )  # fmt: skip
    found = looked(root, "linked/secret.txt")
    assert isinstance(found, Blind)
    assert "leads out" in found.reason


def test_what_a_gitignore_leaves_out_is_asked_of_git_also_where_nothing_is_yet(root: Path) -> None:
    (root / ".gitignore").write_text("out/*\n!out/kept.json\n")
    (root / "out/a\nb.json").write_text("")
    found = {entry.path: entry.ignored for entry in listed(root, "out", "out/kept.json", "out/deep/x.txt")}
    assert found == {"out/a\nb.json": True, "out/kept.json": False, "out/deep/x.txt": True}


def test_what_tools_leave_beside_their_work_is_nobodys_business(root: Path) -> None:
    """A wheel that is installed compiles the modules in it; nobody misses that in a commit."""
    (root / "scripts/__pycache__").mkdir()
    (root / "scripts/__pycache__/plain.cpython-311.pyc").write_bytes(b"")
    assert [entry.path for entry in listed(root, "scripts")] == ["scripts/plain.py", "scripts/run.sh"]


def test_what_one_person_leaves_out_does_not_count(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(root, "init", "-q")
    (root / ".git/info/exclude").write_text("*.py\n")
    (root / "ignore").write_text("*.py\n")
    for key, value in {"COUNT": "1", "KEY_0": "core.excludesFile", "VALUE_0": str(root / "ignore")}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{key}", value)
    assert not any(entry.ignored for entry in listed(root, "scripts"))


def test_the_mode_in_the_index_is_told_where_the_repository_is_a_checkout_of_its_own(root: Path) -> None:
    inside = root / "scripts"
    git(root, "init", "-q")
    git(root, "add", "scripts")
    git(root, "update-index", "--chmod=-x", "scripts/run.sh")
    found = {entry.path: (entry.mode, entry.staged) for entry in listed(root, "scripts", "out/new.json")}
    assert found == {
        "scripts/run.sh": ("100755", "100644"), "scripts/plain.py": ("100644", "100644"), "out/new.json": (None, None),
    }  # fmt: skip
    assert {entry.staged for entry in listed(inside, "run.sh")} == {None}, "a folder of another repository"


def test_what_git_has_it_goes_on_with_though_it_is_ignored(root: Path) -> None:
    git(root, "init", "-q")
    git(root, "add", "scripts/run.sh")
    (root / ".gitignore").write_text("scripts/\n")
    assert [(entry.path, entry.ignored) for entry in listed(root, "scripts")] == [
        ("scripts/plain.py", True), ("scripts/run.sh", False),
    ]  # fmt: skip


def test_without_git_nobody_looked(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))
    found = looked(root, "scripts")
    assert isinstance(found, Blind)
    assert "git is not installed" in found.reason


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_cannot_be_read_hides_what_is_in_it(root: Path) -> None:
    (root / "out").chmod(0)
    assert isinstance(looked(root, "out"), Blind)


def test_it_is_recorded_and_read_again(root: Path) -> None:
    found = looked(root, "scripts")
    whole = Observation("x", AT, {"listed": found})
    again = Observation.from_json(whole.to_json())
    assert again.read("listed") == whole.read("listed")
    assert isinstance(again.read("listed")[0], Listed)
