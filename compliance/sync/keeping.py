"""What files outside of the repository were before the last write-back of a target, kept so that it can be taken back.

One set a target, beside the backups, readable by its owner alone, on this machine alone: it may hold what no record
may. `after.json` says which recorded states the write-back led from and to, and what it left: only that can be taken
back.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.sync import backups, trees
from compliance.sync.model import TargetFailed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from compliance.sync.state import State

_FOLDER, _AFTER = "kept", "after.json"


class Kept(NamedTuple):
    """`moved`: the recorded states that it led from and to; `files`: by path what it left there."""

    moved: tuple[str, str]
    files: Mapping[str, str]
    folder: Path

    @property
    def changed(self) -> list[str]:
        """Paths that are not what it left."""
        now = _prints(self.folder)
        return sorted(path for path in now.keys() | self.files.keys() if now.get(path) != self.files.get(path))


def digest(state: State | None, target: str) -> str:
    return hashlib.sha256(b"" if state is None else state.text(target).encode()).hexdigest()


def retain(store: Path, target: str, before: State | None, after: State | None) -> None:
    """Everything landed: the backup is what is kept now. Nothing where there is none, since nothing was written."""
    whole, kept = store / backups.FOLDER / target, store / _FOLDER / target
    if not whole.exists():
        return
    moved = [digest(state, target) for state in (before, after)]
    try:
        trees.put(whole / _AFTER, json.dumps({"moved": moved, "files": _prints(whole)}).encode())
    except OSError:  # a full disk must not take back what has landed: then it is not kept
        backups.drop(store, target)
        return
    gone = store / backups.PART / target
    shutil.rmtree(gone, ignore_errors=True)
    for folder in (gone.parent, kept.parent):
        folder.mkdir(mode=0o700, exist_ok=True)
    if kept.exists():
        kept.rename(gone)
    whole.rename(kept)
    shutil.rmtree(gone, ignore_errors=True)


def find(store: Path, target: str) -> Kept | None:
    folder = store / _FOLDER / target
    try:
        told = json.loads((folder / _AFTER).read_bytes())
        before, after = told["moved"]
        _globs(folder)
        return Kept((before, after), told["files"], folder)
    except (FileNotFoundError, NotADirectoryError, ValueError, LookupError, TypeError):
        return None


def globs(store: Path, target: str) -> list[str]:
    """Of the files that are kept, as they were then."""
    return _globs(store / _FOLDER / target)


def put_back(store: Path, target: str) -> list[str]:
    """Make the files what they were; which of them changed. A backup of what they are has to stand."""
    folder = store / _FOLDER / target
    try:
        return backups.put_all(folder, store / "overwritten" / target)
    except (ValueError, LookupError, TypeError):  # such as of another version
        raise TargetFailed(
            f"what is kept of its files outside of the repository cannot be read: {folder}"
        ) from None


def _globs(folder: Path) -> list[str]:
    manifest: dict[str, Any] = json.loads((folder / backups.MANIFEST).read_bytes())
    return list(manifest["globs"])


def _prints(folder: Path) -> dict[str, str]:
    """What the files are now that its globs name: content, and where a link leads."""
    found = {}
    for path in backups.named(_globs(folder)):
        link = os.readlink(path) if path.is_symlink() else ""  # noqa: PTH115 - as text, whatever is in it
        found[str(path)] = f"{link}\n{trees.sha256(path) if path.is_file() else ''}"
    return found
