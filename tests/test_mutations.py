"""Each guard of the executor is taken out of a copy of the program: the test that is named for it fails then.

The list is `guards.toml`. A guard that is added to the executor has to be added to it, with its test.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.mutations import guards

HERE = Path(__file__).resolve().parent
NAMED: dict[str, str] = tomllib.loads((HERE / "guards.toml").read_text(encoding="utf-8"))
GUARDS = guards()
PARTS = ("compliance", "fixtures", "probes", "sql", "tests", "conftest.py", "pyproject.toml")


def test_every_guard_is_listed_with_a_test_that_is_there() -> None:
    assert sorted(NAMED) == sorted(GUARDS)
    for test in NAMED.values():
        file, _, name = test.partition("::")
        assert f"def {name.partition('[')[0]}(" in (HERE.parent / file).read_text(encoding="utf-8"), test


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the tests need of the checkout, to be spoilt."""
    place = tmp_path_factory.mktemp("copy")
    for part in PARTS:
        source = HERE.parent / part
        if source.is_dir():
            shutil.copytree(source, place / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, place / part)
    return place


def run(place: Path, *tests: str) -> tuple[int, str]:
    """The tests of the copy over the program of the copy, by themselves."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=line", "-p", "no:xdist", *tests], cwd=place, text=True,
        env=environment | {"PYTHONPATH": str(place)}, capture_output=True, timeout=900, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.mark.prove
def test_the_named_tests_pass_where_nothing_is_taken_out(copy: Path) -> None:
    """Else they would fail for another reason below."""
    code, said = run(copy, *sorted(set(NAMED.values())))
    assert code == 0, said


@pytest.mark.prove
@pytest.mark.parametrize("guard", NAMED)
def test_without_the_guard_its_test_fails(guard: str, copy: Path) -> None:
    found = GUARDS[guard]
    file = copy / found.path.relative_to(HERE.parent)
    before = file.read_bytes()
    file.write_bytes(found.without)
    try:
        code, said = run(copy, NAMED[guard])
    finally:
        file.write_bytes(before)
    assert code == 1, f"without it all is well: {said}"
    assert re.search(r"^\d+ failed", said.splitlines()[-1]), said
