"""A bundle gets its name, and what is left where that was interrupted.

The whole bundle lies on the disk beside its name before the ledger says that it was sealed, and a note in the ledger's
folder says where. So after a kill at any moment either nothing was entered and nothing stays, or the bundle is there
and lacks its name alone: the next seal gives it that.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from compliance.core import canonical
from compliance.core.errors import ConfigurationError, Refused
from compliance.evidence import verify
from compliance.evidence.spelling import walk
from compliance.executor.whole import sync_folder

if TYPE_CHECKING:
    from compliance.executor.ledger import Ledger

NOTE = "sealing.json"


class Begun(NamedTuple):
    """A bundle that is whole under the name `part`; `entry`: the hash of its entry, which may not be made yet."""

    path: Path
    part: Path
    entry: str


def free(path: Path) -> None:
    """Raises where something is there, a link to nothing too."""
    if path.exists() or path.is_symlink():
        raise ConfigurationError(
            f"{path}: there is a file already", remedy="evidence is never replaced: name another"
        )


def named(begun: Begun) -> None:
    """In one go, and never over what somebody else has put there meanwhile; `Refused` where it was entered already."""
    try:
        _link(begun)
    except (ConfigurationError, OSError) as error:
        if not begun.entry:
            raise
        raise Refused(
            f"{begun.path} was sealed and entered as {begun.entry[:12]}, and cannot get its name: {error}",
            remedy=f"give it another, it is whole: mv {begun.part} OTHER",
        ) from None


def _link(begun: Begun) -> None:
    try:
        os.link(begun.part, begun.path)
    except FileExistsError:
        free(begun.path)
    except OSError:  # a file system without hard links
        free(begun.path)
        begun.part.rename(begun.path)
    sync_folder(begun.path.parent)
    begun.part.unlink(missing_ok=True)


def part_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _is_part(name: str, of: str) -> bool:
    return name.startswith(f".{of}.") and re.fullmatch(r"[0-9]+\.part", name[len(of) + 2 :]) is not None


def beside(path: Path) -> list[Path]:
    """What seals to this name have left, or are still writing."""
    with suppress(OSError):
        return sorted(each for each in path.parent.iterdir() if _is_part(each.name, path.name))
    return []


def note(ledger: Ledger, begun: Begun) -> None:
    """On the disk when this returns."""
    value = {"path": str(begun.path.resolve()), "part": str(begun.part.resolve()), "entry": begun.entry}
    place = ledger.folder / NOTE
    other = place.with_suffix(".part")
    with other.open("wb") as file:
        file.write(canonical.dumps(value) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    other.replace(place)
    sync_folder(ledger.folder)


def forget(ledger: Ledger | None) -> None:
    with suppress(FileNotFoundError):
        if ledger:
            (ledger.folder / NOTE).unlink()
            sync_folder(ledger.folder)


def begun(ledger: Ledger) -> Begun | None:
    """What an earlier seal has noted and not come to the end of."""
    place = ledger.folder / NOTE
    try:
        said = json.loads(place.read_bytes())
        found = Begun(Path(said["path"]), Path(said["part"]), str(said["entry"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        found = None
    # What is no part of that bundle is neither removed nor named, whoever wrote this.
    if found and found.part.parent == found.path.parent and _is_part(found.part.name, found.path.name):
        return found
    raise Refused(f"{place}: is no note of a seal", remedy="find out who wrote that, then remove it")


def told(ledger: Ledger) -> str:
    """What is left of a seal that was interrupted, and how to finish it; nothing where none was."""
    found = begun(ledger)
    if found is None or not ledger.holds(found.entry):
        return ""
    if _is_it(found.part, found.entry):
        return (
            f"{found.path} was sealed and entered as {found.entry[:12]}, and has not got its name yet:"
            f" the next `compliance evidence seal` gives it that, or mv {found.part} {found.path}"
        )
    return (
        ""
        if _is_it(found.path, found.entry)
        else f"{found.path} was sealed and entered as {found.entry[:12]}, and lies neither there nor at {found.part}"
    )


def finished(ledger: Ledger) -> str:
    """Finish what is left, with the ledger locked, and say what that was; `Refused` where it cannot be."""
    found = begun(ledger)
    if found is None:
        return ""
    said = ""
    if not ledger.holds(found.entry):
        found.part.unlink(missing_ok=True)
        said = f"{found.path}: an earlier seal was interrupted before it was entered; nothing of it is left"
    elif _is_it(found.part, found.entry):
        if not _is_it(found.path, found.entry):
            named(found)
            said = f"{found.path}: an earlier seal was interrupted; it has its name now"
        found.part.unlink(missing_ok=True)
    elif not _is_it(found.path, found.entry):
        said = told(ledger)
    forget(ledger)
    return said


def _is_it(path: Path, entry: str) -> bool:
    """Is this the bundle of that entry, whole?"""
    try:
        data = verify.read(str(path))
    except verify.Unreadable:
        return False
    own = next((data[file.start : file.end] for file in walk(data)[0] if file.name == verify.ENTRY), b"")
    return f'"hash":"{entry}","kind":"sealed"'.encode() in own and not verify.check(data, None)
