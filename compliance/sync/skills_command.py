"""`compliance sync skills`: are these folders skills? Without the network: it judges what a sync has brought.

The document lets the entrypoint verify itself (`skillsmith_sync.py --check`). As `verification.command` this is
somebody else, who looks.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from compliance.core.errors import ConfigurationError
from compliance.sync import wellformed
from compliance.sync.connectors import skills
from compliance.talking import write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from compliance.sync.connectors.skills import Problem


def check(parsed: argparse.Namespace) -> int:
    """1 where a skill is wrong, or there is none; each problem with file and line."""
    found = [problem for path in parsed.paths for problem in _of(path)]
    for problem in found:
        write(str(problem))
    wrong = sum(not problem.harmless for problem in found)
    count = sum(len(_skills(Path(path))) for path in parsed.paths)
    write(f"{count} skills, {wrong} problems")
    return 1 if wrong or not count else 0


def _of(path: str) -> Iterator[Problem]:
    folder = Path(path)
    if not folder.is_dir():
        raise ConfigurationError(f"{path} is no folder", remedy="name a folder that holds folders of skills")
    paths = [name for name in wellformed.files(folder) if name.split("/")[-1] != ".gitkeep"]
    for wrong in skills.names(paths):
        yield skills.Problem(path, 1, wrong)
    main = {name: (folder / name).read_bytes() if _read(folder, name) else b"" for name in paths}
    yield from skills.problems(main, path.rstrip("/"))
    for name in sorted(set(_skills(folder)) - {each.split("/")[0] for each in paths}):
        yield skills.Problem(f"{path.rstrip('/')}/{name}/{skills.MAIN}", 1, "is not there")
    for name in paths:
        if (folder / name).is_symlink():
            yield skills.Problem(f"{path.rstrip('/')}/{name}", 1, "is a link: a skill is made of files")


def _read(folder: Path, name: str) -> bool:
    """Of the others their names are enough."""
    place = folder / name
    return (
        name.count("/") == 1 and name.endswith(f"/{skills.MAIN}") and place.is_file() and not place.is_symlink()
    )


def _skills(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
