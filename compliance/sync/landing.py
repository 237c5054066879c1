"""Landing: the main tree goes from one commit to the next, whole or not at all, also where the run is killed.

What is to happen is written down before, in `landing.json`. The next run compares content: a tree that is half way is
put back to what it was, since the target runs again anyway.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.core.errors import Refused
from compliance.sync import committing, process
from compliance.sync.changes import LARGEST, behind_link, listed
from compliance.sync.committing import NO_GC, NOBODY, Made
from compliance.sync.model import TargetFailed
from compliance.sync.repository import GitFailed, git
from compliance.sync.worktrees import QUIET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence, Set

    from compliance.sync.committing import Entry
    from compliance.sync.objects import Objects
    from compliance.sync.repository import Repository

_SPARE = 4 * 1024 * 1024  # bytes that git needs beside the files: index, log, ref


def onto(objects: Objects, tip: str, made: Made) -> str:
    """The same change on top of another commit, to which other targets have landed meanwhile: with its author, its
    dates, and the message that hooks may have written."""
    if made.commit and made.base == tip:
        return made.commit
    tree, root = objects.tree(tip, made.entries), objects.repository.root
    if not objects.settings.special:
        return objects.commit(tree, tip, made.who, made.message)
    sign = ("-S",) if objects.settings.signs else ()
    return git(
        root, "commit-tree", *sign, tree, "-p", tip, given=os.fsencode(made.message), env=made.who
    ).strip()


def land(
    repository: Repository, tip: str, new: str, entries: Sequence[Entry], target: str, at: Callable[[str], None]
) -> None:
    """Move branch and main tree from one commit to the next, which differs in these entries; there may be others
    between them, of targets that land in one move. Hooks of a commit have run; those of a merge would not have run at
    one, and could hold up a landing."""
    _room(repository, entries)
    intent = {"kind": "commit", "target": target, "before": tip, "after": new}
    with _Intent(repository, intent, at):
        words = (
            "merge",
            "--ff-only",
            "--quiet",
            "--no-autostash",
            "--no-verify-signatures",
            "--no-overwrite-ignore",
            new,
        )
        git(repository.root, *NO_GC, *QUIET, *words, env={process.MARK: f"{repository.store}:"})
        at("after merge")


def put(repository: Repository, made: Made, target: str, at: Callable[[str], None]) -> None:
    """The files of `git_commit: false`: into the main tree, and into no commit."""
    _room(repository, made.entries)
    changed = _neither(repository, made.entries, made.base, None)
    if blocking := _blocking(repository.root, made.entries):
        raise TargetFailed(f"a file or a link stands where a folder belongs: {listed(blocking)}; move it away")
    if changed:
        raise TargetFailed(f"somebody changed its outputs meanwhile: {listed(changed)}")
    intent = {"kind": "files", "target": target, "before": made.base, "after": made.commit}
    with _Intent(repository, intent, at):
        _write(repository, made.entries, made.commit)
        at("after files")


class _Intent:
    """Stands on the disk while the main tree changes; what fails in between is put back at once."""

    def __init__(self, repository: Repository, intent: dict[str, str], at: Callable[[str], None]) -> None:
        self.repository, self.intent, self.at = repository, intent, at

    def __enter__(self) -> None:
        part = _place(self.repository).with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            json.dump(self.intent, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(_place(self.repository))
        self.at("after intent")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            _place(self.repository).unlink()
            self.at("after landing")
            return
        settle(self.repository)
        if isinstance(error, GitFailed):
            raise TargetFailed(f"it could not land: {error.message}", output=error.said) from None


def settle(repository: Repository) -> str | None:
    """Finish or take back what a run that was ended had begun; says what was done. Raises `Refused` where it cannot."""
    place = _place(repository)
    try:
        intent: Any = json.loads(place.read_text(encoding="utf-8"))
        before, after = str(intent["before"]), str(intent["after"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise Refused(
            f"{place} cannot be read, which says what an earlier run was about to land",
            remedy="look with `git status` whether anything is half landed, then delete it",
        ) from None
    root = repository.root
    done = intent["kind"] == "commit" and git(root, "rev-parse", "HEAD").strip() == after
    if not done:
        _unlock(repository, place)
        entries = _entries(root, place, before, after)
        if foreign := _neither(repository, entries, before, after):
            raise Refused(
                f"a landing of {intent['target']} was cut off, and these files were changed since: {listed(foreign)}",
                remedy=f"put them as you want them, then delete {place}",
            )
        _write(repository, entries, before)
    place.unlink()
    return f"{intent['target']}: " + ("had landed" if done else "what was half landed was put back")


def _entries(root: Path, place: Path, before: str, after: str) -> tuple[Entry, ...]:
    try:
        return committing.delta(root, before, after)
    except GitFailed as error:
        raise Refused(
            f"a landing was cut off, and git has lost what it was to land ({error.message})",
            remedy=f"look with `git status`, put the files as you want them (`git restore .` takes those of the last"
            f" commit), then delete {place}",
        ) from None


def _unlock(repository: Repository, intent: Path) -> None:
    """The lock of our own git, which was killed with its run: one that was there before the intent is somebody's."""
    for name in ("index.lock", "HEAD.lock"):
        lock = repository.git_dir / name
        with suppress(FileNotFoundError):
            if lock.stat().st_mtime_ns >= intent.stat().st_mtime_ns and not _git_at_work(repository.root):
                lock.unlink()


def _git_at_work(root: Path) -> bool:
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (place / "comm").read_text().strip() == "git" and (place / "cwd").readlink().is_relative_to(
                root
            ):
                return True
    return False


def _place(repository: Repository) -> Path:
    return repository.store / "landing.json"


def _room(repository: Repository, entries: Sequence[Entry]) -> None:
    """Better told before than half way through."""
    free = shutil.disk_usage(repository.root).free
    if free > _SPARE + len(entries) * LARGEST:
        return
    given = "".join(f"{entry.after}\n" for entry in entries if not entry.deleted).encode()
    told = git(repository.root, "cat-file", "--batch-check=%(objectsize)", given=given)
    needed = _SPARE + sum(int(line) for line in told.split() if line.isdigit())
    if free < needed:
        raise TargetFailed(f"the disk is full: {needed} bytes are needed to land it, {free} are free")


def _neither(repository: Repository, entries: Sequence[Entry], before: str, after: str | None) -> list[str]:
    """Paths whose content is neither that of before nor of after, nor the beginning of it, as a kill leaves it."""
    own = {entry.path for entry in entries}
    return [entry.path for entry in entries if not _known(repository, entry, before, after, own)]


def _blocking(root: Path, entries: Sequence[Entry]) -> list[str]:
    """Files and links of somebody where a folder belongs: git would take them away without a word."""
    own = {entry.path for entry in entries}
    folders = {str(folder) for entry in entries for folder in Path(entry.path).parents} - own - {"."}
    return sorted(each for each in folders if (root / each).is_symlink() or (root / each).is_file())


def _known(
    repository: Repository, entry: Entry, before: str, after: str | None, own: Set[str]
) -> bool:  # fmt: skip
    place = repository.root / os.fsencode(entry.path).decode(errors="surrogateescape")
    was = "0" * len(entry.before) == entry.before
    if behind_link(repository.root, entry.path) or (not place.is_symlink() and not place.exists()):
        return after is not None or was
    if place.is_symlink():
        found = os.fsencode(os.readlink(place))  # noqa: PTH115 - its bytes as they are
    elif place.is_file():
        found = place.read_bytes()
    else:  # a folder, which stood there before or comes with this: git would take away all that is in it
        ours = (was or entry.deleted) and place.is_dir()
        return ours and ((was and after is not None) or _holds_only(repository.root, place, own))
    whole = [_content(repository, commit, entry.path) for commit in (before, after) if commit]
    return found in [text for text in whole if text is not None] or (
        after is not None and whole[1] is not None and whole[1].startswith(found)
    )


def _holds_only(root: Path, folder: Path, own: Set[str]) -> bool:
    return all(
        str(each.relative_to(root)) in own
        for each in folder.rglob("*")
        if each.is_symlink() or not each.is_dir()
    )


def _content(repository: Repository, commit: str, path: str) -> bytes | None:
    """As it stands in a work tree, with the ends of its lines and the like."""
    try:
        return os.fsencode(git(repository.root, "cat-file", "--filters", f"{commit}:{path}"))
    except GitFailed:
        return None


def _write(repository: Repository, entries: Iterable[Entry], commit: str) -> None:
    """Make these paths of the main tree what they are in the commit; nothing else of it, nor the index."""
    told = git(repository.root, "ls-tree", "-r", "-z", "--name-only", commit)
    there = set(told.split("\0"))
    paths = [entry.path for entry in entries]
    for path in paths:
        if path not in there:
            _delete(repository.root, path)
    given = b"".join(os.fsencode(path) + b"\0" for path in paths if path in there)
    if given:
        words = ("restore", f"--source={commit}", "--worktree", "--pathspec-from-file=-", "--pathspec-file-nul")
        git(repository.root, "--literal-pathspecs", *NOBODY, *words, given=given)


def _delete(root: Path, path: str) -> None:
    place = root / path
    if behind_link(root, path):
        return
    with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
        place.unlink()
    for folder in place.parents:
        if folder == root:
            return
        with suppress(OSError):
            folder.rmdir()
