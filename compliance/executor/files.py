"""Files of the governed repository, as calls write them: at once or not at all, and never over what was not seen.

Git is not asked and nothing is committed: that is another instruction (document 001, section G).
"""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from compliance.core.errors import CouldNotLook, Refused
from compliance.executor.whole import sync_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from compliance.core.change import Call, Undo

SERVICE = "repository"
CREATED, NO_CONTENT = 201, 204


class Files:
    """Below one folder. `made`: folders in it that a call has made, which an undo may remove once they are empty."""

    def __init__(self, root: Path, made: Collection[str] = ()) -> None:
        self.root, self.made = root, frozenset(made)

    def has(self, state: str | None, path: str) -> bool:
        """Is the file as `path@sha256` says? None: there is none."""
        digest = self._digest(path)
        return digest is None if state is None else state == f"{path}@{digest}"

    def ask(self, request: Undo, seen: str | None) -> int:
        """Write or remove a file that is as it was `seen`; what HTTP would answer."""
        place = self._place(request.path)
        if not self.has(seen, request.path):
            raise Refused(
                f"{request.path} was changed since it was seen",
                remedy="look at who changed it; what it holds now would be lost",
            )
        try:
            return self._write(place, request.body) if request.method == "PUT" else self._remove(place)
        except OSError as error:
            raise CouldNotLook(f"{SERVICE}: {request.path}: {error.strerror}") from None

    def tidy(self, call: Call) -> None:
        """Remove what a run has left that was ended in the middle of writing."""
        for body in {call.body, call.back.body}:
            if isinstance(body, str):
                _part(self._place(call.path), body).unlink(missing_ok=True)

    def _write(self, place: Path, body: Any) -> int:
        """Beside it first, to the disk, then in its place in one go: nobody reads half a file."""
        for folder in reversed([f for f in place.parents if not f.exists()]):
            folder.mkdir(exist_ok=True)
        part = _part(place, str(body))
        with part.open("wb") as file:
            file.write(str(body).encode())
            file.flush()
            os.fsync(file.fileno())
        part.replace(place)
        sync_folder(place.parent)
        return CREATED

    def _remove(self, place: Path) -> int:
        place.unlink()
        sync_folder(place.parent)
        for folder in place.parents:
            if folder == self.root or folder.relative_to(self.root).as_posix() not in self.made:
                break
            with suppress(OSError):  # somebody else's file is in it by now
                folder.rmdir()
        return NO_CONTENT

    def _digest(self, path: str) -> str | None:
        place = self._place(path)
        try:
            return sha256(place.read_bytes()).hexdigest()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CouldNotLook(f"{SERVICE}: {path}: {error.strerror}") from None

    def _place(self, path: str) -> Path:
        """Where a path leads: into the repository, past no link, and not into git's own folder."""
        parts = PurePosixPath(path).parts
        place = self.root.joinpath(*parts)
        links = any(
            p.is_symlink() for p in (place, *place.parents) if p != self.root and self.root in p.parents
        )
        if path.startswith("/") or not parts or {"..", ".git"} & {part.lower() for part in parts} or links:
            raise Refused(
                f"{path or 'nothing'} is no file of the repository that may be written",
                remedy="a path below it, past no link",
            )
        return place


def lacking(root: Path | None, calls: Iterable[Call]) -> tuple[str, ...]:
    """Folders that these calls will make, as they are not there yet: nobody else's are removed with the files."""
    if root is None:
        return ()
    paths = [call.path for call in calls if call.service == SERVICE and call.method == "PUT"]
    folders = {str(parent) for path in paths for parent in PurePosixPath(path).parents}
    return tuple(sorted(folder for folder in folders if not (root / folder).exists()))


def _part(place: Path, body: str) -> Path:
    """A name that follows from the content, so that whoever finishes the work finds it."""
    return place.with_name(f".{place.name}.{sha256(body.encode()).hexdigest()[:12]}.part")
