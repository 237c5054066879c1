"""From an estate without the scheduler to one that has it, and back: compiled, rehearsed, applied, verified, undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.live.birth_estate import WITHOUT, BirthEstate, birth_estate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor


@pytest.fixture
def estate(reference_template: NoopExecutor, tmp_path: Path) -> Iterator[BirthEstate]:
    """Before: neither flow nor configuration nor tool nor file."""
    with birth_estate(reference_template, tmp_path) as found:
        found.do(WITHOUT)
        found.remove_endpoint()
        yield found


def test_from_nothing_to_the_scheduler_and_back(estate: BirthEstate) -> None:
    preserved = estate.preserved()
    first = estate.brought("preparation")
    assert first.code == 0, first.out + first.err
    second = estate.brought()
    assert second.code == 0, second.out + second.err
    assert estate.preserved() == preserved
