"""What a look takes from the governed repository: files by name, folders as a whole, and nothing beyond it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from compliance.core.needs import Needs
from compliance.core.observation import Blind, File, Observation, Seen
from compliance.estate import config, repository
from compliance.estate.resources import resource

if TYPE_CHECKING:
    from pathlib import Path

AT = "2026-11-21T00:00:00+00:00"


def looked(root: Path, *, folder: str = "server") -> Seen[File] | Blind:
    estate = replace(config.load(resource("fixtures/reference/estate.yaml")), repository=root)
    (found,) = repository.look(estate, Needs(trees=frozenset({folder})), AT, lambda _: None)
    assert found[0] == f"tree:{folder}"
    return found[1]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in {"api/b.ts": "b", "api/a.get.ts": "a", "utils/é.ts": "é"}.items():
        place = tmp_path / "repository" / "server" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return tmp_path / "repository"


def test_every_text_below_a_folder_is_a_fact_in_an_order_of_its_own(root: Path) -> None:
    found = looked(root)
    assert isinstance(found, Seen)
    assert found.facts == (
        File("server/api/a.get.ts", "a"), File("server/api/b.ts", "b"), File("server/utils/é.ts", "é"),
    )  # fmt: skip


def test_a_folder_that_is_not_there_was_seen_and_is_empty(root: Path) -> None:
    found = looked(root, folder="pages")
    assert isinstance(found, Seen)
    assert found.facts == ()


def test_what_is_no_text_and_what_tools_made_is_left_out(root: Path) -> None:
    (root / "server/logo.png").write_bytes(b"\x89PNG\0")
    (root / "server/old.ts").write_bytes("ä".encode("latin-1"))
    (root / "server/node_modules/pg").mkdir(parents=True)
    (root / "server/node_modules/pg/index.js").write_text("x")
    found = looked(root)
    assert isinstance(found, Seen)
    assert len(found.facts) == 3


def test_a_secret_in_a_file_is_taken_out(root: Path) -> None:
    (root / "server/db.ts").write_text("const url = 'postgres://u:hunter22@db/x'\n")
    found = looked(root)
    assert isinstance(found, Seen)
    assert "hunter22" not in str(found.facts)
    assert "<secret " in str(found.facts)


def test_lines_end_in_a_fact_as_they_end_in_the_file(root: Path) -> None:
    (root / "server/api/b.ts").write_bytes(b"a\r\nb\rc\n")
    estate = replace(config.load(resource("fixtures/reference/estate.yaml")), repository=root)
    needs = Needs(files=frozenset({"server/api/b.ts"}), trees=frozenset({"server/api"}))
    for _, found in repository.look(estate, needs, AT, lambda _: None):
        assert isinstance(found, Seen)
        assert File("server/api/b.ts", "a\r\nb\rc\n") in found.facts


def test_a_link_to_a_file_of_the_repository_is_read_as_what_it_stands_for(root: Path) -> None:
    (root / "server/c.ts").symlink_to(root / "server/api/b.ts")
    found = looked(root)
    assert isinstance(found, Seen)
    assert File("server/c.ts", "b") in found.facts


@pytest.mark.parametrize("what", ["a file", "a folder", "the folder itself", "nothing"])
def test_a_link_that_leads_out_or_hides_a_folder_is_no_look(root: Path, what: str) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "x.ts").write_text("x")
    name, target = {
        "a file": ("server/x.ts", outside / "x.ts"),
        "a folder": ("server/x", outside),
        "the folder itself": ("screens", outside),
        "nothing": ("server/x.ts", outside / "gone.ts"),
    }[what]
    (root / name).symlink_to(target)
    found = looked(root, folder="screens" if what == "the folder itself" else "server")
    assert isinstance(found, Blind)


def test_too_many_and_too_large_files_are_no_look(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "LARGEST", 2)
    assert "larger than 2 bytes together" in getattr(looked(root), "reason", "")
    monkeypatch.setattr(repository, "LARGEST_FILE", 1)
    assert "é.ts is larger than 1 bytes" in getattr(looked(root, folder="server/utils"), "reason", "")
    monkeypatch.setattr(repository, "MOST_FILES", 2)
    assert "more than 2 files" in getattr(looked(root), "reason", "")


def test_a_recorded_tree_reads_back_as_it_was(root: Path) -> None:
    seen = Observation("x", AT, {"tree:server": looked(root)})
    assert Observation.from_json(seen.to_json()).read("tree:server") == seen.read("tree:server")
