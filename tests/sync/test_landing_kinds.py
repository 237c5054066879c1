"""A landing that turns a folder into a link, or into a file, and the reverse, cut off at each of its steps."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from compliance.core.errors import Refused
from compliance.sync import landing, repository

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sync.sandbox import Sandbox

KINDS = ("folder", "link", "file")
PAIRS = [(one, other) for one in KINDS for other in KINDS if one != other]


def put(place: Path, kind: str) -> None:
    """`inner` stands in the folder, and behind the link too."""
    if kind == "folder":
        place.mkdir()
        (place / "inner").write_text("inner of the folder\n")
    elif kind == "link":
        place.symlink_to("real")
    elif kind == "file":
        place.write_text("file\n")


def away(place: Path) -> None:
    shutil.rmtree(place) if place.is_dir() and not place.is_symlink() else place.unlink()


def cut_off(box: Sandbox, before: str, after: str, now: str) -> repository.Repository:
    """The intent stands on the disk, and the main tree is as `now` says."""
    place = box.root / "out/it"
    box.file("out/real/inner", "real\n")
    put(place, before)
    first = box.commit()
    away(place)
    put(place, after)
    second = box.commit()
    box.git("reset", "-q", "--hard", first)
    away(place)
    put(place, now)
    found = repository.find(box.root)
    found.store.mkdir()
    intent = {"kind": "commit", "target": "news", "before": first, "after": second}
    (found.store / "landing.json").write_text(json.dumps(intent))
    return found


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_it_is_put_back(sandbox: Sandbox, before: str, after: str, tmp_path: Path) -> None:
    found = cut_off(sandbox, before, after, before)
    for now in (before, "nothing", after):
        if now != before:
            away(sandbox.root / "out/it")
            put(sandbox.root / "out/it", now)
            (found.store / "landing.json").write_text((tmp_path / "intent").read_text())
        (tmp_path / "intent").write_text((found.store / "landing.json").read_text())
        assert landing.settle(found) == "news: what was half landed was put back", now
        sandbox.git("reset", "-q")
        assert sandbox.status == "", now
        assert (sandbox.root / "out/real/inner").read_text() == "real\n", now


@pytest.mark.parametrize("before", ["link", "file"])
def test_what_a_person_put_into_the_new_folder_is_not_taken_away(sandbox: Sandbox, before: str) -> None:
    found = cut_off(sandbox, before, "folder", "folder")
    sandbox.file("out/it/mine", "by hand\n")
    with pytest.raises(Refused, match="these files were changed since: out/it"):
        landing.settle(found)
    assert (sandbox.root / "out/it/mine").read_text() == "by hand\n"
