"""Each guard of the sync in the list is taken out of a copy of the program: then the test named for it fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
GUARDS: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("guards.toml").read_text())["guard"]


def test_each_guard_stands_once_where_it_is_said_to_and_has_a_test() -> None:
    for guard in GUARDS:
        assert (ROOT / guard["file"]).read_text().count(guard["text"]) == 1, guard
        file, _, name = guard["test"].partition("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / file).read_text(), guard["test"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("copy")
    for part in ("compliance", "fixtures", "sql", "probes", "tests"):
        shutil.copytree(ROOT / part, place / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / part, place / part)
    return place


@pytest.mark.prove
@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: f"{guard['file']}: {guard['text'].strip()}")
def test_without_the_guard_its_test_fails(guard: dict[str, Any], copy: Path) -> None:
    file = copy / guard["file"]
    before = file.read_text()
    assert run(copy, guard["test"]) == 0
    file.write_text(before.replace(guard["text"], guard["instead"]))
    try:
        assert run(copy, guard["test"]) == 1
    finally:
        file.write_text(before)


def run(place: Path, test: str) -> int:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", test], cwd=place,
        env=environment | {"PYTHONPATH": str(place)}, capture_output=True, timeout=600, check=False,
    ).returncode  # fmt: skip
