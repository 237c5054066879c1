"""`compliance sync workflow`: write the workflow that runs the targets by their schedules, or prove it current."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.core.errors import ConfigurationError
from compliance.sync import command, repository
from compliance.sync.arguments import DEFAULT
from compliance.systems.directional_sync.workflow_rendering import FILE, render
from compliance.talking import write

if TYPE_CHECKING:
    import argparse

    from compliance.sync.repository import Repository
    from compliance.systems.directional_sync.syncfile import SyncFile

# One version alone, or a place that does not move: else another runner may run tomorrow with the right to write here.
_PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[^\]]*\])?\s*(==\s*[A-Za-z0-9.!+_-]+(?![\w*.])|@\s*\S+).*")
_ASIDE = re.compile(
    r"\s*(#.*|-[if]\s.*|--(?:index-url|find-links|extra-index-url|require-hashes|only-binary|no-binary|prefer-binary)\b.*)?"
)


def workflow(parsed: argparse.Namespace) -> int:
    """0 where it is written or current; with `--check` 1 and a diff where it is not."""
    found = repository.find(Path.cwd())
    file = command.read(found, parsed.config)
    config = _inside(found, Path(parsed.config) if parsed.config else found.root / DEFAULT)
    _requirements(found, file)
    text, place = render(file, config), found.root / FILE
    before = place.read_bytes().decode(errors="replace") if place.is_file() else ""
    if before == text:
        write(f"{FILE} is current")
        return 0
    if parsed.check or parsed.dry_run:
        write("".join(_difference(before, text)))
        return 1
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    write(f"{FILE} is written")
    return 0


def _inside(found: Repository, config: Path) -> str:
    """The workflow starts at the top of the repository, wherever this command was started."""
    try:
        return config.resolve().relative_to(found.root.resolve()).as_posix()
    except ValueError:
        raise ConfigurationError(
            f"{config}: is outside of the repository, where the workflow could not read it",
            remedy="keep it in the repository",
        ) from None


def _requirements(found: Repository, file: SyncFile) -> None:
    """What the workflow installs the runner from. `pip` itself asks for hashes where one stands in it."""
    place = found.root / file.requirements
    if not place.is_file():
        raise file.document.error(
            f"the workflow installs the runner from {file.requirements}, which is not there", "workflow",
            remedy="write it: `dot-compliance==VERSION`, or what `pip freeze` gives; or name another file as"
            " `workflow: {requirements: FILE}`",
        )  # fmt: skip
    joined = re.sub(r"\\\n", " ", place.read_text(encoding="utf-8"))
    if all(map(_ASIDE.fullmatch, joined.split("\n"))):
        raise ConfigurationError(
            f"{place}: names no package", remedy="name the runner: `dot-compliance==VERSION`"
        )
    for number, line in enumerate(joined.split("\n"), 1):
        if not _ASIDE.fullmatch(line) and not _PINNED.fullmatch(line.strip()):
            raise ConfigurationError.at(
                place, number, "is not pinned: the workflow would install another one tomorrow",
                remedy="name one version with ==",
            )  # fmt: skip


def _difference(before: str, after: str) -> list[str]:
    return list(
        difflib.unified_diff(
            before.splitlines(keepends=True), after.splitlines(keepends=True), FILE, f"{FILE} (current)"
        )
    )
