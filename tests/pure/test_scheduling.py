"""A run has one Directus: all files that take the fixture go to one worker, and the Makefile hands out by file."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import takes_directus

ROOT = Path(__file__).resolve().parents[2]


def test_a_file_on_directus_is_told_from_others_by_its_source() -> None:
    live = ROOT / "tests" / "live"
    assert takes_directus(live / "test_directus_harness.py")
    assert takes_directus(live / "test_estate_live.py")
    assert not takes_directus(live / "test_embedded.py")
    assert not takes_directus(live / "test_npm.py")


def test_the_workers_get_whole_files() -> None:
    (workers,) = [line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith("WORKERS")]
    assert "--dist loadfile" in workers
