"""What a backup of files outside of the repository puts back: more than what is in them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from compliance.core.errors import Refused
from compliance.sync import backups

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A file with a mode and times of its own, of which there is a backup."""
    place = tmp_path / "outside/conf"
    place.parent.mkdir()
    place.write_text("before")
    place.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(place, 12345, 54321)
    os.utime(place, ns=(1_000_000_000_000, 2_000_000_000_000))
    (tmp_path / "store").mkdir()
    (tmp_path / "repository").mkdir()
    backups.keep(tmp_path / "store", "conf", [f"{place.parent}/*"], tmp_path / "repository")
    return place


def facts(place: Path) -> tuple[int, int, int, int]:
    info = place.stat()
    return info.st_mode & 0o7777, info.st_uid, info.st_gid, info.st_mtime_ns


@pytest.mark.parametrize("how", ["written", "replaced", "removed", "given away", "opened"])
def test_mode_owner_and_times_are_put_back(kept: Path, tmp_path: Path, how: str) -> None:
    before = facts(kept)
    read_at = 1_000_000_000_000
    if how == "written":
        kept.write_text("after")
    if how in ("replaced", "removed"):
        kept.unlink()
    if how == "replaced":
        kept.write_text("after")
    if how == "given away":
        os.chown(kept, os.geteuid(), os.getegid())
    if how == "opened":
        kept.chmod(0o777)
    changed = backups.restore(tmp_path / "store", "conf")
    assert facts(kept) == before
    assert kept.stat().st_atime_ns == read_at
    assert kept.read_text() == "before"
    assert changed == (() if how == "given away" and os.geteuid() else (str(kept),))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has files of others to give back")
def test_where_the_owner_cannot_be_put_back_it_is_told(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.unlink()

    def denied(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted", str(kept))

    monkeypatch.setattr(os, "chown", denied)
    with pytest.raises(Refused, match="cannot be restored"):
        backups.restore(tmp_path / "store", "conf")


def test_a_backup_of_before_owners_were_kept_is_still_put_back(kept: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "store/backups/conf/manifest.json"
    told = json.loads(manifest.read_text())
    told["files"] = [each[:5] for each in told["files"]]
    manifest.write_text(json.dumps(told))
    kept.write_text("after")
    assert backups.restore(tmp_path / "store", "conf") == (str(kept),)
    assert kept.read_text() == "before"
