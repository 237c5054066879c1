"""A file that is written whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from compliance.executor.whole import put

# A disk that is full, as far as one process is concerned.
FULL = """
import resource, signal, sys
from pathlib import Path
from compliance.executor.whole import put
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
put(Path(sys.argv[1]), b"x" * 5000)
"""


def test_where_there_is_no_room_what_was_there_stays_and_nothing_half_written_does(tmp_path: Path) -> None:
    place = tmp_path / "verdict.json"
    put(place, b"before")
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(place)], capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert f"File too large: '{place}'" in done.stderr
    assert place.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [place]


def test_what_cannot_be_written_is_told_by_the_name_that_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for place in (Path("/dev/full"), tmp_path / "file" / "inner", tmp_path / ("x" * 300)):
        with pytest.raises(OSError) as error:
            put(place, b"x" * 5000)
        assert error.value.filename == str(place)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_is_not_there_is_made_and_a_link_is_followed(tmp_path: Path) -> None:
    put(tmp_path / "a" / "b", b"one")
    (tmp_path / "link").symlink_to(tmp_path / "a" / "b")
    put(tmp_path / "link", b"two")
    assert (tmp_path / "a" / "b").read_bytes() == b"two"
    assert (tmp_path / "link").is_symlink()


def test_what_is_no_file_is_written_to(tmp_path: Path) -> None:
    code = "import pathlib, sys; from compliance.executor.whole import put; put(pathlib.Path(sys.argv[1]), b'said')"
    words = [sys.executable, "-c", code, "/dev/stdout"]
    here = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    assert subprocess.run(words, env=here, capture_output=True, check=True).stdout == b"said"
    with (tmp_path / "file").open("wb") as file:
        subprocess.run(words, env=here, stdout=file, check=True)
        assert os.fstat(file.fileno()).st_size == 4
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
