"""Files outside of the repository, kept before a write-back and put back where it fails, or where the run was killed.

A backup is complete before anything is written: it is made in another folder and moved. Whoever finds one at the
start of a run knows that the run before was ended between its write-back and its landing, and restores it first.

Kept are content, mode, owner, group and times of each file, and where links lead. Not kept: access control lists and
other extended attributes, that two names were one file, and mode and owner of folders that are made anew.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.errors import Refused
from compliance.sync import trees, wellformed
from compliance.sync.model import TargetFailed
from compliance.systems.directional_sync import globs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLDER, PART, MANIFEST = "backups", "unfinished", "manifest.json"


class _Kept(NamedTuple):
    """A file. `link`: where it leads, if it is a link; its content is that of the file at its end."""

    path: str
    link: str | None
    digest: str | None
    mode: int
    changed_at: int
    read_at: int = 0
    owner: int = -1
    group: int = -1


def keep(store: Path, target: str, outside: Sequence[str], repository: Path) -> None:
    """Copy what the globs name. Raises `TargetFailed` before anything is written back."""
    whole = store / FOLDER / target
    part = store / PART / target
    _check(outside, repository)
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True, mode=0o700)
        kept = [_copied(path, part, number) for number, path in enumerate(named(outside))]
        manifest = {"globs": list(outside), "folders": sorted(_folders(outside)), "files": kept}
        trees.put(part / MANIFEST, json.dumps(manifest, indent=1).encode())
        whole.parent.mkdir(mode=0o700, exist_ok=True)
        part.rename(whole)
        with trees.folder(whole.parent) as number:
            os.fsync(number)
    except OSError as error:
        raise TargetFailed(
            f"files outside of the repository cannot be backed up ({error.strerror}): {error.filename or part}"
        ) from None


def drop(store: Path, target: str) -> None:
    """Everything landed. Moved away first: half a backup must not be taken for one."""
    whole = store / FOLDER / target
    if whole.exists():
        gone = store / PART / target
        shutil.rmtree(gone, ignore_errors=True)
        gone.parent.mkdir(mode=0o700, exist_ok=True)
        whole.rename(gone)
        shutil.rmtree(gone)


def restore(store: Path, target: str) -> tuple[str, ...]:
    """Put back what a backup holds, and say which files that changed; nothing where there is none.

    What stood there instead is kept beside, under `overwritten`: after a crash nobody can tell whose it is.
    """
    whole = store / FOLDER / target
    if not (whole / MANIFEST).is_file():
        return ()
    try:
        changed = put_all(whole, store / "overwritten" / target)
    except (ValueError, KeyError, TypeError):
        raise Refused(
            f"{target}: the backup of its files outside of the repository cannot be read",
            remedy=f"compare them with what is in {whole}, then move that folder away",
        ) from None
    except OSError as error:
        raise Refused(
            f"{target}: its files outside of the repository cannot be restored: {error.filename}: {error.strerror}",
            remedy=f"put that right and start again; the backup stands in {whole}",
        ) from None
    drop(store, target)
    return tuple(changed)


def put_all(whole: Path, aside: Path) -> list[str]:
    """Make all files what a backup holds; which of them that changed. What stood there instead goes `aside`."""
    manifest: dict[str, Any] = json.loads((whole / MANIFEST).read_bytes())
    kept = [_Kept(*each) for each in manifest["files"]]
    shutil.rmtree(aside, ignore_errors=True)
    changed = [each.path for n, each in enumerate(kept) if _put_back(each, whole / str(n), aside)]
    return changed + list(_removed(manifest, {each.path for each in kept}, aside))


def restore_all(store: Path) -> dict[str, tuple[str, ...]]:
    """At the start of a run, under its lock: by target what a run that was killed had left changed."""
    folder = store / FOLDER
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return {name: restore(store, name) for name in names if (folder / name / MANIFEST).is_file()}


def _check(outside: Sequence[str], repository: Path) -> None:
    for glob in outside:
        if not glob.startswith("/") or ".." in glob.split("/") or not globs.base(glob[1:]):
            raise TargetFailed(f"outside: '{glob}' has to be an absolute path below a folder")
        if (Path("/") / globs.base(glob[1:])).resolve().is_relative_to(repository.resolve()):
            raise TargetFailed(f"outside: '{glob}' is in the repository; name it among the outputs")


def named(outside: Sequence[str]) -> list[Path]:
    """All files that a glob names, each once; links among them."""
    found: set[Path] = set()
    for glob in outside:
        folder = Path("/") / globs.base(glob[1:])
        for name in wellformed.files(folder):
            if globs.matches(str(folder / name)[1:], [glob[1:]]):
                found.add(folder / name)
    return sorted(found)


def _folders(outside: Sequence[str]) -> Iterator[str]:
    """The folders that are there: of those that a write-back makes, the empty ones go again."""
    for glob in outside:
        top = Path("/") / globs.base(glob[1:])
        while not top.exists():
            top = top.parent
        yield str(top)
        for root, names, _ in os.walk(top if top == Path("/") / globs.base(glob[1:]) else os.devnull):
            yield from (str(Path(root) / name) for name in names)


def _copied(path: Path, folder: Path, number: int) -> _Kept:
    link = os.readlink(path) if path.is_symlink() else None  # noqa: PTH115 - as text, whatever is in it
    if not path.is_file():  # a link to nothing, or to a folder
        return _Kept(str(path), link, None, 0, 0)
    status, content = path.stat(), path.read_bytes()  # in this order: who reads it changes its time
    trees.put(folder / str(number), content)
    return _Kept(
        str(path), link, trees.sha256(folder / str(number)), status.st_mode & 0o7777, status.st_mtime_ns,
        status.st_atime_ns, status.st_uid, status.st_gid,
    )  # fmt: skip


def _put_back(kept: _Kept, copy: Path, aside: Path) -> bool:
    """A link first, then what is at its end."""
    path = Path(kept.path)
    changed = False
    if kept.link is not None and not (path.is_symlink() and os.readlink(path) == kept.link):  # noqa: PTH115
        _set_aside(path, aside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(kept.link)
        changed = True
    if kept.digest is None:
        return changed
    if kept.link is None and path.is_symlink():
        _set_aside(path, aside)
    end = path.resolve() if kept.link is not None else path
    if not end.is_file() or trees.sha256(end) != kept.digest:
        _set_aside(end, aside)
        end.parent.mkdir(parents=True, exist_ok=True)
        trees.put(end, copy.read_bytes(), kept.mode)
        changed = True
    changed = _owned(end, kept) or changed
    if (end.stat().st_mode & 0o7777) != kept.mode:  # after its owner, whose change takes bits away
        end.chmod(kept.mode)
        changed = True
    os.utime(end, ns=(kept.read_at or kept.changed_at, kept.changed_at))
    return changed


def _owned(place: Path, kept: _Kept) -> bool:
    """Give it back to whoever had it; raises where that is not allowed, since another could read it then, or not."""
    now = place.stat()
    if kept.owner in (-1, now.st_uid) and kept.group in (-1, now.st_gid):
        return False
    os.chown(place, kept.owner, kept.group)
    return True


def _removed(manifest: dict[str, Any], kept: set[str], aside: Path) -> Iterator[str]:
    """What the write-back made: files that the globs name now and did not before, and their folders."""
    folders = set(manifest["folders"])
    for path in named(manifest["globs"]):
        if str(path) in kept:
            continue
        _set_aside(path, aside)
        yield str(path)
        folder = path.parent
        while str(folder) not in folders and folder != folder.parent and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent


def _set_aside(path: Path, aside: Path) -> None:
    """Move it out of the way, readable by its owner alone; nothing where nothing is."""
    if not os.path.lexists(path):
        return
    aside.mkdir(parents=True, mode=0o700, exist_ok=True)
    place = aside / f"{len(list(aside.iterdir()))}-{path.name[:100]}"
    if path.is_symlink() or path.is_dir():
        shutil.move(path, place)
    else:
        trees.put(place, path.read_bytes())
        path.unlink()
