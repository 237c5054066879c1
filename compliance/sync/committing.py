"""The commit of a target: exactly its changed outputs, made in its worktree, where the repository's hooks see it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from compliance.sync import repository
from compliance.sync.changes import behind_link, listed
from compliance.sync.model import TargetFailed
from compliance.sync.process import run
from compliance.sync.repository import GitFailed, git
from compliance.sync.worktrees import QUIET
from compliance.systems.directional_sync import globs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from compliance.sync.model import Job

# For what never becomes part of a branch: the commit of a dry run, the files of `git_commit: false`.
NOBODY = (
    "-c", "user.name=directional sync", "-c", "user.email=directional-sync@localhost", "-c", "commit.gpgSign=false",
)  # fmt: skip
# git would look after each commit whether the repository has to be packed, by a process of its own.
NO_GC = ("-c", "gc.auto=0", "-c", "maintenance.auto=false")
_HOOKS = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit")
_RAW = ("-r", "-z", "--raw", "--no-renames", "--no-abbrev")
_LITERAL = ("--literal-pathspecs",)


class Entry(NamedTuple):
    """A path of a commit, as git's plumbing has it. An `after` of zeros: it is deleted."""

    path: str
    before: str
    mode: str
    after: str

    @property
    def deleted(self) -> bool:
        return self.mode == "000000"

    @property
    def there_before(self) -> bool:
        return self.before.strip("0") != ""


class Made(NamedTuple):
    """`base`: what the commit was made on; `commit`: empty where it is made only as it lands; `who`: author and
    committer, as git takes them from the environment."""

    base: str
    commit: str
    entries: tuple[Entry, ...]
    who: Mapping[str, str]
    message: str


def stage(tree: Path, paths: Sequence[str]) -> None:
    """Put what was looked at into the index, before any check could touch it. By force: git refuses a file that it has
    long kept where it ignores the folder; what is new and ignored was refused before. What is gone is taken out by its
    name, since `git add` looks there: behind a link that stands for its folder, or at all of a folder in its place."""
    gone = [path for path in paths if _gone(tree, path)]
    without = set(gone)
    kept = [path for path in paths if path not in without]
    adding = ("-c", "core.safecrlf=false", "-c", "advice.addEmbeddedRepo=false", "add", "--force")
    try:
        if gone:
            git(tree, "update-index", "--force-remove", "-z", "--stdin", given=_listed(gone))
        if kept:
            git(tree, *_LITERAL, *adding, "--pathspec-from-file=-", "--pathspec-file-nul", given=_listed(kept))
    except GitFailed as error:
        raise TargetFailed(f"its outputs cannot be added: {error.message}", output=error.said) from None


def _gone(tree: Path, path: str) -> bool:
    place = tree / path
    return behind_link(tree, path) or not os.path.lexists(place) or (place.is_dir() and not place.is_symlink())


def _listed(paths: Sequence[str]) -> bytes:
    return b"".join(os.fsencode(path) + b"\0" for path in paths)


def commit(job: Job, base: str, stop: Event | None, *, hooks: bool) -> Made:
    """Commit what is staged. A hook that says no fails the target; one that adds other files as well."""
    lands = job.target.git_commit and not job.dry_run
    who = ("-c", "user.useConfigOnly=true") if lands else NOBODY
    words = ("commit", "--quiet", "--cleanup=strip", "-m", job.message)
    call = ("git", *who, *(() if hooks else QUIET), *NO_GC, *words)
    env = repository.environment() | dict(job.mark)
    done = run(call, cwd=job.tree, env=env, timeout=job.target.timeout, stop=stop)
    if done.timed_out:
        raise TargetFailed("a hook of the repository did not end in time", output=done.tail)
    if done.code == 1 and not git(job.tree, "diff", "--cached", "--name-only", base):
        return Made(base, base, (), {}, "")  # what differed was how lines end, which git brings into one form
    if done.code:
        what = "a hook of the repository, or git, refused the commit" if hooks else "git refused the commit"
        raise TargetFailed(f"{what} (it ended with {done.code})", output=done.tail)
    found = _made(job.tree, base)
    strays = [e.path for e in found.entries if not globs.matches(e.path, job.target.outputs)]
    if strays:
        raise TargetFailed(f"a hook added to the commit what is none of its outputs: {listed(strays)}")
    return found


def _made(tree: Path, base: str) -> Made:
    """The commit that is out now, with all that it changes against the one that it was made on."""
    names = ("H", "P", "an", "ae", "ad", "cn", "ce", "cd", "B")
    form = "%x00".join(f"%{name}" for name in names)
    told = git(tree, "diff-tree", *_RAW, "--date=format:@%s %z", f"--format={form}%x00", "HEAD").split("\0")
    commit, parent, *who, message = told[: len(names)]
    if parent != base:
        raise TargetFailed(
            "a hook made a commit of its own: the runner commits, so that all of it is checked before"
        )
    keys = [f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL", "DATE")]
    rest = told[len(names) :]
    first = next((n for n, text in enumerate(rest) if text.lstrip("\n").startswith(":")), len(rest))
    return Made(base, commit, _entries(rest[first:]), dict(zip(keys, who, strict=True)), message.strip() + "\n")


def has_hooks(root: Path) -> bool:
    """Those that a commit would run."""
    folder = root / git(root, "rev-parse", "--git-path", "hooks").strip()
    return any(os.access(folder / name, os.X_OK) for name in _HOOKS)


def delta(root: Path, before: str, after: str) -> tuple[Entry, ...]:
    """What one commit changes against another, path by path."""
    return _entries(git(root, "diff-tree", *_RAW, before, after).split("\0"))


def _entries(told: Sequence[str]) -> tuple[Entry, ...]:
    heads = [told[number].lstrip("\n:").split(" ") for number in range(0, len(told) - 1, 2)]
    names = told[1::2]
    return tuple(Entry(name, head[2], head[1], head[3]) for name, head in zip(names, heads, strict=True))


def diff(root: Path, made: Made) -> str:
    """As a person reads it; the same in a dry run as what a real one lands."""
    words = ("diff", "--no-color", "--no-ext-diff", "--no-renames")
    return git(root, *words, made.base, made.commit) if made.entries else ""
