"""The staging estate of 24 rows: laid out, compiled and rehearsed once a run, then copied for every test."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.conftest import clone
from tests.live.directus_live import directus, directus_process
from tests.live.staging import (
    PEOPLE,
    Copy,
    Staging,
    assert_no_secret_was_written,
    lay_out,
    name_people,
    standing,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

__all__ = ["directus", "directus_process"]


@pytest.fixture(scope="session")
def rehearsed_folder(reference_template: NoopExecutor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `keys new`, `compile` and `rehearse` have left behind on an estate without migration 034."""
    folder = tmp_path_factory.mktemp("staging") / "estate"
    lay_out(folder)
    with standing(reference_template, folder) as staging:
        made = [staging.run("keys", "new", staging.key(name)) for name in PEOPLE]
        name_people(staging, [said.out.splitlines()[-1] for said in made])
        compiled = staging.run("compile", "command_catalog", "--out", str(folder / "compiled"))
        assert compiled.code == 0, compiled.err
        rehearsed = staging.run("rehearse", str(staging.migration), "--key", staging.key("author"), "--json")
        assert json.loads(rehearsed.out)["signed"], rehearsed.err
    return folder


@pytest.fixture
def staging(reference_template: NoopExecutor, rehearsed_folder: Path, tmp_path: Path) -> Iterator[Staging]:
    """A copy of that folder with a clone of its own; nothing that a test leaves in it may hold a secret."""
    folder = tmp_path / "estate"
    shutil.copytree(rehearsed_folder, folder)
    with standing(reference_template, folder) as found:
        yield found
        assert_no_secret_was_written(found)


@pytest.fixture(scope="session")
def applied_estate(
    reference_template: NoopExecutor, rehearsed_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Copy]]:
    """The same after `approve` (of both ways) and `apply`, and the database to copy that belongs to it."""
    folder = tmp_path_factory.mktemp("applied") / "estate"
    shutil.copytree(rehearsed_folder, folder)
    with ExitStack() as stack:
        with standing(reference_template, folder) as staging:
            staging.applied()
            staging.db.close()
            stack.enter_context(clone(Copy(reference_template, reference_template.dbname), "applied"))
        yield folder, Copy(reference_template, "applied")


@pytest.fixture
def applied(applied_estate: tuple[Path, Copy], tmp_path: Path) -> Iterator[Staging]:
    """A copy of folder and database in which the migration was applied: 26 rows."""
    source, template = applied_estate
    folder = tmp_path / "estate"
    shutil.copytree(source, folder)
    with standing(template, folder) as found:
        yield found
        assert_no_secret_was_written(found)
