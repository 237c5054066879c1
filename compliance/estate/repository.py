"""The sections that come from the governed repository: files that policy names, and all of a folder."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.core import redact
from compliance.core.errors import CouldNotLook
from compliance.core.observation import Blind, File, Provenance, Seen
from compliance.estate import listing
from compliance.estate.seeing import Section, unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from compliance.core.needs import Needs
    from compliance.estate.config import Estate

# Of a folder: what is larger is no source that anybody wrote, and would make an observation that nobody can keep.
MOST_FILES, LARGEST, LARGEST_FILE = 2_000, 16_000_000, 1_000_000
# What tools put beside the sources, which is made of them or fetched.
_MADE = frozenset({".git", ".nitro", ".nuxt", ".output", "node_modules"})


def look(estate: Estate, needs: Needs, at: str, report: Callable[[str], None]) -> Iterator[tuple[str, Section]]:
    """Each file and each folder that is asked for."""
    names = [
        *(f"file:{path}" for path in sorted(needs.files)),
        *(f"tree:{path}" for path in sorted(needs.trees)),
        *(["listed"] if needs.listed else []),
    ]
    if excluded := unavailable(estate, "repository", at, names):
        yield from excluded
        return
    if names:
        report("repository")
    for name in names:
        kind, _, path = name.partition(":")
        if kind == "listed":
            yield name, listing.section(estate, needs.listed, at)
        else:
            yield name, _section(estate, path, at, _file if kind == "file" else _tree)


def _section(
    estate: Estate, path: str, at: str, read: Callable[[Path, str, bytes | None], Iterator[File]]
) -> Section:
    origin, started = Provenance("repository", path, at, 0.0), time.perf_counter()
    root = estate.repository
    if root is None or not root.is_dir():
        return Blind("the repository is not there", origin)
    try:
        found = tuple(read(root, path, estate.redaction_key))
    except CouldNotLook as error:
        return Blind(error.message, origin)
    except OSError as error:
        return Blind(error.strerror or type(error).__name__, origin)
    return Seen(found, replace(origin, seconds=round(time.perf_counter() - started, 6)))


def _file(root: Path, path: str, key: bytes | None) -> Iterator[File]:
    """One, which may not be there. With the ends of its lines as they are: a plan that writes it names its bytes."""
    place = _within(root, path)
    try:
        yield File(path, redact.text(place.read_bytes().decode("utf-8"), key))
    except FileNotFoundError:
        yield File(path, None)
    except UnicodeDecodeError:
        raise CouldNotLook("not UTF-8") from None


def _within(root: Path, path: str) -> Path:
    """Where a path leads, links followed: no look leaves the repository."""
    place = root / path
    if not place.resolve().is_relative_to(root.resolve()):
        raise CouldNotLook("the path leads out of the repository")
    return place


def _tree(root: Path, path: str, key: bytes | None) -> Iterator[File]:
    """Every text below a folder, by name; a folder that is not there holds none."""
    size = 0
    for number, place in enumerate(_places(_within(root, path), root), start=1):
        if number > MOST_FILES:
            raise CouldNotLook(f"{path} holds more than {MOST_FILES} files")
        data = _bytes(place, root)
        size += len(data)
        if size > LARGEST:
            raise CouldNotLook(f"the files in {path} are larger than {LARGEST} bytes together")
        if (text := _text(data)) is not None:
            yield File(redact.text(place.relative_to(root).as_posix(), key), redact.text(text, key))


def _places(folder: Path, root: Path) -> Iterator[Path]:
    """Files below it, in an order that depends on their names alone."""
    found: list[Path] = []
    for here, folders, files in os.walk(folder, onerror=_raise):
        folders[:] = sorted(set(folders) - _MADE)
        for name in folders:
            if (Path(here) / name).is_symlink():
                raise CouldNotLook(f"{(Path(here) / name).relative_to(root)} is a link to a folder")
        found += (Path(here) / name for name in files)
        if len(found) > MOST_FILES:
            break
    return iter(sorted(found))


def _raise(error: OSError) -> None:
    """A folder that cannot be read hides what is in it; one that is not there has nothing."""
    if not isinstance(error, FileNotFoundError):
        raise error


def _bytes(place: Path, root: Path) -> bytes:
    name = place.relative_to(root)
    if not place.resolve().is_relative_to(root.resolve()):
        raise CouldNotLook(f"{name} leads out of the repository")
    if not place.is_file():
        raise CouldNotLook(f"{name} is no file")
    if place.stat().st_size > LARGEST_FILE:
        raise CouldNotLook(f"{name} is larger than {LARGEST_FILE} bytes")
    return place.read_bytes()


def _text(data: bytes) -> str | None:
    """What is no text (a NUL, or no UTF-8) is nothing that a rule reads."""
    try:
        return None if b"\0" in data else data.decode("utf-8")
    except UnicodeDecodeError:
        return None
