"""A commit as plain files: each blob as it is, with its mode, so that no setting of the machine changes a byte.

`git checkout` would convert line ends, fetch large files and believe the names; `git archive` leaves files out.
"""

from __future__ import annotations

import os
import posixpath
import shutil
import subprocess
from typing import IO, TYPE_CHECKING, NamedTuple

from compliance.sync.changes import LARGEST
from compliance.sync.connectors.remotes import GitSaid
from compliance.sync.repository import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from compliance.sync.connectors.mirrors import Mirror

_LINK, _COMMIT = "120000", "160000"
_PIECE = 1024 * 1024


class Damaged(Exception):
    """A mirror does not hold what it has to."""


class Blob(NamedTuple):
    """A file of a commit. `size` is 0 for a submodule, which is a commit of another repository."""

    mode: str
    digest: str
    size: int
    path: str


def listed(mirror: Mirror, commit: str) -> list[Blob]:
    """All that the commit holds; raises `GitSaid` where any of it could not stand in this repository."""
    try:
        told = os.fsdecode(mirror.read("ls-tree", "-r", "-l", "-z", "--full-tree", commit))
    except GitSaid as error:
        raise Damaged(str(error)) from None
    blobs = [_blob(line) for line in told.split("\0") if line]
    paths = {blob.path for blob in blobs}
    for blob in blobs:
        if wrong := _wrong(blob, paths):
            raise GitSaid(f"{shown(blob.path)} {wrong}", passing=False)
    return blobs


def _blob(line: str) -> Blob:
    head, _, path = line.partition("\t")
    mode, _, digest, size = head.split()
    return Blob(mode, digest, int(size) if size.isdigit() else 0, path)


def _wrong(blob: Blob, paths: set[str]) -> str | None:
    """git itself refuses such names when it checks out, which is not done here."""
    parts = blob.path.split("/")
    if any(part in ("", ".", "..") or part.lower().rstrip(". ") in (".git", "git~1") for part in parts):
        return "is no name that a file may have"
    if any(path in paths for path in posix_parents(blob.path)):
        return "is in a folder that is a file too"
    if blob.size > LARGEST:
        return f"has {blob.size / 2**20:.0f} MiB; GitHub takes no file above {LARGEST // 2**20} MiB"
    return None


def posix_parents(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def export(mirror: Mirror, blobs: Sequence[Blob], folder: Path, at: str) -> None:
    """Write them into a new folder, which is to stand at a path of the repository. Links come last, so that no file is
    written by way of one. Raises `GitSaid` where one leads out."""
    folder.mkdir(parents=True)
    wanted = [blob for blob in blobs if blob.mode != _COMMIT]
    with _contents(mirror, wanted, folder.with_suffix(".list")) as out:
        links: list[tuple[Path, str]] = []
        for blob in wanted:
            place = folder / blob.path
            place.parent.mkdir(parents=True, exist_ok=True)
            if _size(out, blob) != blob.size:
                raise Damaged(blob.path)
            if blob.mode == _LINK:
                links.append((place, _leads(os.fsdecode(_exactly(out, blob.size)), blob.path, at)))
            else:
                _copy(out, blob, place)
            _exactly(out, 1)
    for place, target in links:
        place.symlink_to(target)


class _contents:  # noqa: N801 - a context manager, used as a function
    """`git cat-file --batch` over these; the list is a file, so that nobody waits for anybody."""

    def __init__(self, mirror: Mirror, blobs: Sequence[Blob], place: Path) -> None:
        self.place = place
        place.write_text("".join(f"{blob.digest}\n" for blob in blobs), encoding="ascii")
        with place.open("rb") as given:
            self.process = subprocess.Popen(
                ["git", "cat-file", "--batch"],  # noqa: S607 - the user's own git
                cwd=mirror.path, env=mirror.env, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip

    def __enter__(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    def __exit__(self, *_: object) -> None:
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.kill()
        self.process.wait()
        self.place.unlink(missing_ok=True)


def _size(out: IO[bytes], blob: Blob) -> int:
    words = out.readline().decode().split()
    if len(words) != 3 or words[0] != blob.digest:
        raise Damaged(blob.path)
    return int(words[2])


def _exactly(out: IO[bytes], size: int) -> bytes:
    content = out.read(size)
    if len(content) != size:
        raise Damaged
    return content


def _copy(out: IO[bytes], blob: Blob, place: Path) -> None:
    left = blob.size
    with place.open("xb") as file:
        while left:
            piece = _exactly(out, min(left, _PIECE))
            file.write(piece)
            left -= len(piece)
    if blob.mode == "100755":
        place.chmod(place.stat().st_mode | 0o111)


def _leads(target: str, path: str, at: str) -> str:
    led = posixpath.normpath(posixpath.join(at, posixpath.dirname(path), target))
    if target.startswith("/") or led == ".." or led.startswith("../") or led.split("/")[0] == ".git":
        raise GitSaid(f"its link {shown(path)} leads out of the repository", passing=False)
    return target


def submodules(blobs: Sequence[Blob]) -> list[str]:
    """Paths of other repositories in it, which are left out: what they hold is not in the commit."""
    return [blob.path for blob in blobs if blob.mode == _COMMIT]


def clear(place: Path) -> None:
    """Whatever stands there goes."""
    if place.is_symlink() or place.is_file():
        place.unlink()
    elif place.exists():
        shutil.rmtree(place)


def take(folder: Path, place: Path) -> None:
    """Put what was written in the place of what was there."""
    clear(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(folder, place)
