"""`compliance sync secrets`: the scan of a sync over files that a person names, and a baseline to review."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from compliance.core.errors import ConfigurationError
from compliance.sync import baseline, command, repository, scanning, wellformed
from compliance.talking import write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence


def secrets(parsed: argparse.Namespace) -> int:
    """Exit 1 where something may be a secret; a draft lists it, the rest is for who reviews it."""
    found = repository.find(Path.cwd())
    file = command.read(found, parsed.config)
    paths = sorted(_named(found.root, parsed.paths) if parsed.paths else _changed(found.root))
    reviewed = baseline.Baseline.of(file, found.root)
    scan = scanning.scan(paths, found.root, file.secret_patterns, reviewed)
    if parsed.draft:
        write(baseline.draft(scan.leaks))
        return 0
    for line in (*(leak.shown for leak in scan.leaks), *scan.stale):
        write(line)
    write(f"{len(paths)} files, {len(scan.leaks)} that may be secrets")
    return 1 if scan.leaks else 0


def _changed(root: Path) -> Iterator[str]:
    return (entry.path for entry in repository.status(root).entries)


def _named(root: Path, words: Sequence[str]) -> Iterator[str]:
    """Files, and all files of folders, by their path in the repository."""
    for word in words:
        place = Path(word).absolute()
        if not place.exists():
            raise ConfigurationError(f"{word} is not there", remedy="name a file or a folder of the repository")
        if not place.resolve().is_relative_to(root.resolve()):
            raise ConfigurationError(f"{word} is not in the repository {root}")
        name = place.resolve().relative_to(root.resolve()).as_posix()
        if not place.is_dir():
            yield name
            continue
        yield from (each if name == "." else f"{name}/{each}" for each in wellformed.files(place))
