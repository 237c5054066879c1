"""What a target has changed in its worktree, and whether it may: declared outputs alone, and nothing that leads out."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from compliance.estate.listing import CACHES
from compliance.sync import answering, repository
from compliance.sync.model import Change, TargetFailed
from compliance.sync.repository import shown
from compliance.systems.directional_sync import globs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

    from compliance.sync.folders import Folders
    from compliance.sync.model import Kind

LARGEST = (
    100 * 1024 * 1024
)  # bytes: GitHub takes no larger file, and a push would fail long after the run was green
_FEW = 100  # folders that git is asked for by name
_GLIMPSE, _SMALL_FILE = (
    1024 * 1024,
    4096,
)  # bytes, each file with that many more: to read more takes longer than git


class Found(NamedTuple):
    """`prints`: by path what a second run must leave as it is; `left`: may there be anything that no change names?
    `fleeting`: staged by the entrypoint and removed again, so that only the index still holds them. `told`: what git
    said of each path."""

    changes: tuple[Change, ...]
    prints: dict[str, tuple[int, str | None]]
    left: bool
    fleeting: tuple[str, ...]
    told: dict[str, repository.Entry]

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(change.path for change in self.changes)

    def only(self, paths: set[str]) -> Found:
        """What git took for a change in the end."""
        return self._replace(changes=tuple(change for change in self.changes if change.path in paths))

    @property
    def deleted(self) -> int:
        return sum(change.change == "deleted" for change in self.changes)


def look(
    tree: Path,
    base: str,
    outputs: Sequence[str],
    folders: Folders | None = None,
    within: Sequence[str] = (),
    *,
    only_new: bool = False,
    same: Set[str] = frozenset(),
) -> Found:
    """All that differs from the commit; raises `TargetFailed` where any of it may not be. `folders`: what is known of
    the worktree, which saves git the half of its look; `within`: look no further than into these folders; `only_new`:
    no other file of these has changed; `same`: files that are known to be as they were."""
    told, left = _told(tree, base, folders, within, only_new=only_new, same=same)
    if told.head != base:
        raise TargetFailed(
            "it made a commit of its own: the runner commits, so that all of it is checked before"
        )
    by_path = {e.path: e for e in sorted(told.entries, key=lambda e: e.code == "?") if e.code != "!"}
    entries = {path: entry.code for path, entry in by_path.items()}
    ignored = [e.path for e in told.entries if e.code == "!"]
    _only_outputs(entries, outputs)
    _none_ignored(tree, ignored, outputs)
    _none_nested(tree, entries)
    pairs = [_change(tree, path, code) for path, code in sorted(entries.items())]
    those = [pair for pair in pairs if pair is not None]
    prints = {c.path: (mode, c.sha256) for c, mode in those}
    fleeting = tuple(sorted(path for path, code in entries.items() if path not in prints and code != "?"))
    return Found(tuple(c for c, _ in those), prints, left or bool(ignored), fleeting, by_path)


def _told(
    tree: Path, base: str, folders: Folders | None, within: Sequence[str], *, only_new: bool, same: Set[str]
) -> tuple[repository.Status, bool]:  # fmt: skip
    """What differs, also what git ignores; and may there be more, such as an empty folder?"""
    new = folders.new(within or ("",)) if folders is not None else None
    if folders is None or new is None:
        return repository.status(tree, ignored=True, within=within), True
    known = repository.Status(base, ())
    if not only_new:
        known = _changed(tree, base, folders, within, same)
    return known._replace(entries=(*known.entries, *_new(folders, new))), False


def _changed(
    tree: Path, base: str, folders: Folders, within: Sequence[str], same: Set[str]
) -> repository.Status:
    """What differs of what was checked out. Where nothing happened but to what is the same, git need not be asked."""
    suspects = folders.suspects()
    if suspects is None or "" in suspects or folders.head != base:
        return repository.status(tree, untracked=False, within=within)
    asked = [path for path in suspects if path not in same]
    if not asked:
        return repository.Status(base, ())
    return repository.status(tree, untracked=False, within=asked if len(asked) <= _FEW else within)


def _new(folders: Folders, new: Sequence[str]) -> list[repository.Entry]:
    """What is new as git tells it. Of the same names it is asked once, unless one of them says what to ignore."""
    steady = folders.steady(answering.IGNORING, new)
    if not folders.asked.issuperset(new) or any(path.endswith(answering.IGNORING) for path in new):
        folders.ignored, folders.asked = folders.answers.ignored(new, steady=steady), frozenset(new)
    return [repository.Entry(path, "!" if path in folders.ignored else "?") for path in new]


def near(outputs: Sequence[str]) -> list[str]:
    """The folders that its outputs are in; none where that is the whole tree."""
    found = {globs.base(glob) for glob in outputs}
    return [] if "" in found or len(found) > _FEW else sorted(found)


def glimpse(tree: Path, within: Sequence[str]) -> dict[str, object] | None:
    """What these folders hold, to be compared with a later look; None where that is too much. A link is its text."""
    found: dict[str, object] = {}
    left = _GLIMPSE
    for folder, folders, names in (each for place in within for each in os.walk(tree / place)):
        links = [name for name in folders if os.path.islink(f"{folder}/{name}")]  # noqa: PTH114 - is asked often
        for path in (f"{folder}/{name}" for name in (*names, *links)):
            with suppress(OSError):
                info = os.lstat(path)
                left -= _SMALL_FILE + info.st_size
                if left < 0:
                    return None
                plain = stat.S_ISREG(info.st_mode)
                found[path] = (info.st_mode, Path(path).read_bytes() if plain else info.st_ctime_ns)
    return found if within else None


def same(tree: Path, before: Mapping[str, object] | None, now: Mapping[str, object] | None) -> frozenset[str]:
    """Files of which two glimpses show the same content."""
    if before is None or now is None:
        return frozenset()
    held = (path for path, what in now.items() if before.get(path) == what and _is_read(what))
    return frozenset(path[len(str(tree)) + 1 :] for path in held)


def _is_read(what: object) -> bool:
    return isinstance(what, tuple) and isinstance(what[1], bytes)


def difference(one: Found, other: Found) -> list[str]:
    """The paths that a second run has changed once more."""
    return sorted(
        path
        for path in one.prints.keys() | other.prints.keys()
        if one.prints.get(path) != other.prints.get(path)
    )


def moved_on(tree: Path, found: Found) -> list[str]:
    """Outputs that are no longer what was looked at."""
    now = {path: _change(tree, path, found.told[path].code) for path in found.prints}
    prints = {path: (pair[1], pair[0].sha256) for path, pair in now.items() if pair is not None}
    return sorted(path for path, seen in found.prints.items() if prints.get(path) != seen)


def listed(paths: Iterable[str], most: int = 10) -> str:
    names = [shown(path) for path in paths]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _only_outputs(entries: Iterable[str], outputs: Sequence[str]) -> None:
    strays = sorted(path for path in entries if not globs.matches(path.rstrip("/"), outputs))
    if strays:
        raise TargetFailed(f"it changed what is none of its outputs: {listed(strays)}")


def _none_ignored(tree: Path, ignored: Iterable[str], outputs: Sequence[str]) -> None:
    """It would be written, and never committed."""
    lost = sorted(path for place in ignored for path in _files(tree, place, outputs))
    if lost:
        raise TargetFailed(
            f"git ignores what it wrote, and would never commit it: {listed(lost)} (see .gitignore)"
        )


def _files(tree: Path, place: str, outputs: Sequence[str]) -> Iterator[str]:
    """Outputs at a path that git ignores: a file, or a folder that is ignored as a whole."""
    if not place.endswith("/"):
        if not CACHES & set(place.split("/")) and not place.endswith(".pyc") and globs.matches(place, outputs):
            yield place
        return
    if CACHES & set(place.split("/")) or not any(_near(place, globs.base(glob) + "/") for glob in outputs):
        return
    for folder, folders, names in os.walk(tree / place):
        folders[:] = [name for name in folders if name not in CACHES]
        at = Path(folder).relative_to(tree)
        yield from (
            str(at / n) for n in names if not n.endswith(".pyc") and globs.matches(str(at / n), outputs)
        )


def _near(one: str, other: str) -> bool:
    return other == "/" or one.startswith(other) or other.startswith(one)


def _none_nested(tree: Path, entries: Iterable[str]) -> None:
    """git would record such a folder as a link to a commit, and none of its files."""
    folders = {parent for path in entries for parent in Path(path).parents if str(parent) != "."}
    nested = {path.rstrip("/") for path in entries if path.endswith("/")}
    nested |= {str(folder) for folder in folders if (tree / folder / ".git").exists()}
    if nested:
        raise TargetFailed(
            f"git repositories among its outputs: {listed(sorted(nested))}; git would keep none of their files"
            " (remove their .git when they are fetched)"
        )


def _change(tree: Path, path: str, code: str) -> tuple[Change, int] | None:
    place = tree / path
    there = "A" not in code and code != "?"
    try:
        info = place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return (Change(path, "deleted"), 0) if there else None
    kind: Kind = "changed" if there else "added"
    # Where a file was, there is a folder now, with files of its own; or where its folder was, a link to another one.
    if "D" in code and (stat.S_ISDIR(info.st_mode) or behind_link(tree, path)):
        return Change(path, "deleted"), 0
    if stat.S_ISLNK(info.st_mode):
        target = _within(tree, path)
        return Change(path, kind, hashlib.sha256(os.fsencode(target)).hexdigest()), stat.S_IFLNK
    if not stat.S_ISREG(info.st_mode):
        raise TargetFailed(f"neither a file nor a link: {shown(path)}")
    if info.st_size > LARGEST:
        size = f"{info.st_size / 2**20:.0f} MiB"
        raise TargetFailed(f"{shown(path)} has {size}; GitHub takes no file above {LARGEST // 2**20} MiB")
    return Change(path, kind, digest(place, path)), info.st_mode & 0o111


def behind_link(tree: Path, path: str) -> bool:
    """Is there a link on its way? What stands there is another file, by another name."""
    return any((tree / folder).is_symlink() for folder in list(Path(path).parents)[:-1])


def digest(place: Path, name: str) -> str:
    try:
        with place.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise TargetFailed(f"{shown(name)} cannot be read: {error.strerror}") from None


def _within(tree: Path, path: str) -> str:
    """Where a link points, which is in the repository: elsewhere it would show what lies on another machine."""
    target = os.readlink(tree / path)  # noqa: PTH115 - its bytes as they are
    led = os.path.normpath(os.path.join(os.path.dirname(path), target))  # noqa: PTH118, PTH120 - of names alone
    outside = led == ".." or led.startswith("../") or led.split("/")[0] == ".git"
    if target.startswith("/") or outside or _led_out(tree, path):
        raise TargetFailed(f"the link {shown(path)} leads out of the repository, to {shown(target)}")
    return target


def _led_out(tree: Path, path: str) -> bool:
    """By other links on its way, which its text alone does not show; one that goes round leads nowhere."""
    root = tree.resolve()
    try:
        end = (tree / path).resolve()
    except RuntimeError:
        return False
    return not end.is_relative_to(root) or end.is_relative_to(root / ".git")


def any_file(tree: Path, glob: str) -> bool:
    """Is there a file with something in it that the glob names? Ends at the first."""
    for folder, folders, names in os.walk(tree / globs.base(glob)):
        folders[:] = [name for name in folders if name != ".git"]
        at = os.path.relpath(folder, tree)
        for name in names:
            path = name if at == "." else f"{at}/{name}"
            if globs.matches(path, [glob]) and (Path(folder) / name).lstat().st_size:
                return True
    return False
