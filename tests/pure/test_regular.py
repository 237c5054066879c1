"""A pipe where a file is read is refused at once: to read it would wait for ever."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from compliance.estate import regular
from compliance.estate.resources import resource

POLICY = ["platform.yaml", "command_catalog.yaml", "waivers.yaml", "controls.yaml", "gate.lock.json"]
KEPT = ["history --history FILE", "diff FILE FILE", "rules show CC001 --out FOLDER"]


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    """A policy of every kind of file, beside its estate.yaml."""
    for name in ("estate.yaml", "policy"):
        source = resource("fixtures/reference") / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / "policy/waivers.yaml").write_text("waivers: []\n")
    return tmp_path / "estate.yaml"


def compliance(*words: str | Path) -> tuple[int, str]:
    """Of a process of its own, which is ended where it waits."""
    command = [sys.executable, "-m", "compliance.cli", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[2])
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", POLICY)
def test_a_pipe_in_the_folder_of_a_policy_is_refused_by_its_name(name: str, estate: Path) -> None:
    place = estate.parent / "policy" / name
    place.unlink()
    os.mkfifo(place)
    code, said = compliance("policy", "check", estate)
    assert (code, f"{place}: cannot be read (it is no regular file)" in said) == (2, True), said


@pytest.mark.parametrize("name", POLICY)
def test_a_link_to_a_file_stays_a_file(name: str, estate: Path) -> None:
    place = estate.parent / "policy" / name
    place.symlink_to(place.rename(estate.parent / name))
    code, said = compliance("policy", "check", estate)
    assert code == 0, said


@pytest.mark.parametrize("words", KEPT)
def test_a_pipe_where_something_is_kept_is_refused_by_its_name(words: str, tmp_path: Path) -> None:
    place = tmp_path / "verdict.json"
    os.mkfifo(place)
    named = {"FILE": place, "FOLDER": tmp_path}
    code, said = compliance(*(named.get(word, word) for word in words.split()))
    assert (code, str(place) in said, "it is no regular file" in said) == (2, True, True), said


def test_what_is_read_is_a_file_a_link_to_one_and_nothing_else(tmp_path: Path) -> None:
    file, link, pipe, listening = (tmp_path / name for name in ("file", "link", "pipe", "listening"))
    file.write_bytes(b"\r\n\xff")
    link.symlink_to(file)
    assert regular.read(file) == regular.read(link) == b"\r\n\xff"
    os.mkfifo(pipe)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(listening))
        for place in (pipe, listening, tmp_path, Path("/dev/null")):
            with pytest.raises(OSError) as error:
                regular.read(place)
            assert error.value.filename == str(place)
    with pytest.raises(FileNotFoundError):
        regular.read(tmp_path / "nothing")
