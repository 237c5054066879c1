"""Files that a target writes back: in the repository its outputs, elsewhere what is backed up before.

A file of a person keeps its mode, and stays a link where it is one.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.sync import trees
from compliance.sync.connectors.protocol import Failed
from compliance.systems.directional_sync import globs

if TYPE_CHECKING:
    from compliance.sync.connectors.protocol import Task


def place(task: Task, text: str) -> Path:
    """A path of `config`: one that is not absolute is of the repository."""
    return task.folder / Path(text)


def read(path: Path) -> str:
    """Its text with its own line ends; raises `Failed`."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise Failed(f"{path}: is no UTF-8") from None
    except OSError as error:
        raise Failed(f"{path}: cannot be read ({error.strerror})") from None


def write(task: Task, path: Path, text: str) -> None:
    """Whole or not at all; nothing where it holds that already."""
    if path.is_file() and path.read_bytes() == text.encode():
        return
    if (inside := _inside(task, path)) is not None:
        task.write(inside, text.encode())
        return
    _refuse_unkept(task, path)
    end = path.resolve()
    end.parent.mkdir(parents=True, exist_ok=True)
    mode = stat.S_IMODE(end.stat().st_mode) if end.exists() else 0o600
    trees.put(end, text.encode(), mode)
    end.chmod(mode)  # whatever the umask took of it


def remove(task: Task, path: Path) -> None:
    if (inside := _inside(task, path)) is not None:
        task.remove(inside)
        return
    _refuse_unkept(task, path)
    path.unlink(missing_ok=True)


def _inside(task: Task, path: Path) -> str | None:
    return path.relative_to(task.folder).as_posix() if path.is_relative_to(task.folder) else None


def _refuse_unkept(task: Task, path: Path) -> None:
    if not globs.matches(str(path)[1:], [glob[1:] for glob in task.outside]):
        raise Failed(f"{path}: would be written and is not backed up: name it in `outside` of {task.target}")
