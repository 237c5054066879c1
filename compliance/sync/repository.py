"""The repository that is kept in step: what git says of it, and whether a run may land anything there."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from compliance.core import hypertext
from compliance.core.errors import ComplianceError, ConfigurationError, Refused
from compliance.executor.git import environment as ours

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_UNFINISHED = {
    "MERGE_HEAD": "a merge", "rebase-merge": "a rebase", "rebase-apply": "a rebase",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert", "BISECT_LOG": "a bisect",
}  # fmt: skip


class GitFailed(ComplianceError):
    """git said no; `said` is all of it."""

    exit_code = 1

    def __init__(self, arguments: Iterable[str], said: str) -> None:
        words = [word for word in arguments if not word.startswith("-") and "=" not in word] or ["?"]
        first = next((line for line in said.splitlines() if line.strip()), "")
        super().__init__(f"git {words[0]}: {first}")
        self.said = said


class Entry(NamedTuple):
    """A path that differs from the commit. `code`: `?` untracked, `!` ignored, else git's two letters; `blob`: what
    the commit holds there."""

    path: str
    code: str
    blob: str = ""


class Status(NamedTuple):
    """`head`: the commit that is out."""

    head: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Repository:
    """`root`: the main tree; `store`: what runs keep in git's common folder."""

    root: Path
    git_dir: Path
    store: Path


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    return ours() | {"GIT_OPTIONAL_LOCKS": "0"} | dict(extra or {})


def git(
    root: Path, *arguments: str, given: bytes | None = None, env: Mapping[str, str] | None = None, none: int = 0
) -> str:
    """git's answer, with every byte of a name in it; raises `GitFailed`. Ctrl-C in a terminal does not reach it.
    `none`: how it ends where there is nothing to answer."""
    done = subprocess.run(  # noqa: S603 - a list, no shell
        ["git", *arguments],  # noqa: S607 - the user's own git
        cwd=root, env=environment(env), input=given if given is not None else b"", capture_output=True, check=False,
        start_new_session=True,
    )  # fmt: skip
    if done.returncode not in (0, none):
        raise GitFailed(arguments, (done.stderr or done.stdout).decode(errors="backslashreplace").strip())
    return os.fsdecode(done.stdout)


def find(folder: Path) -> Repository:
    """The repository around a folder."""
    try:
        told = git(folder, "rev-parse", "--show-toplevel", "--absolute-git-dir", "--git-common-dir")
    except GitFailed as error:
        raise ConfigurationError(
            f"{folder} is in no work tree of a git repository ({error.message})",
            remedy="start it in the repository that is to be kept in step",
        ) from None
    except FileNotFoundError:
        raise ConfigurationError("git is not installed", remedy="install git 2.35 or newer") from None
    top, own, common = told.rstrip("\n").split("\n")
    return Repository(Path(top), Path(own), (folder / common).resolve() / "directional-sync")


def status(root: Path, *, ignored: bool = False, untracked: bool = True, within: Iterable[str] = ()) -> Status:
    """All that differs from the commit that is out, file by file; names as they are. `within`: in these folders."""
    words = (f"--untracked-files={'all' if untracked else 'no'}", *(("--ignored=matching",) if ignored else ()))
    form = ("--porcelain=v2", "--branch", "-z", "--no-renames")
    told = git(root, "--literal-pathspecs", "status", *form, *words, "--", *within)
    head, entries = "", []
    for line in told.split("\0"):
        if line.startswith("# branch.oid "):
            head = line.removeprefix("# branch.oid ")
        elif line[:2] in ("? ", "! "):
            entries.append(Entry(line[2:], line[0]))
        elif line[:2] == "1 ":
            fields = line.split(" ", 8)
            entries.append(Entry(fields[8], fields[1], fields[6]))
        elif line[:2] == "u ":
            entries.append(Entry(line.split(" ", 10)[10], "UU"))
    return Status(head, tuple(entries))


def ignored(root: Path, paths: Iterable[str]) -> frozenset[str]:
    """Of paths that no commit has, those that git leaves out."""
    given = b"".join(os.fsencode(path) + b"\0" for path in paths)
    told = git(root, "check-ignore", "--no-index", "--stdin", "-z", given=given, none=1) if given else ""
    return frozenset(told.split("\0")) - {""}


def branch(repository: Repository) -> str | None:
    """The branch that is out; None where a commit is out by itself."""
    try:
        return git(repository.root, "symbolic-ref", "--quiet", "--short", "HEAD").strip()
    except GitFailed:
        return None


def checked_out(repository: Repository) -> str:
    """What HEAD says, a branch or a commit, as text: looked at before each landing, so without a git of its own."""
    return (repository.git_dir / "HEAD").read_text(encoding="utf-8", errors="surrogateescape").strip()


def may_commit(repository: Repository, wanted: str | None, dirty: Iterable[str]) -> None:
    """Before anything runs: is this a place where a commit of a sync belongs? Raises `Refused` with all that is not."""
    reasons = [*_in_the_way(repository), *_of_branch(repository, wanted), *_of_identity(repository)]
    if listed := sorted(dirty):
        more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
        reasons.append(f"changes that are not committed: {', '.join(map(shown, listed[:5]))}{more}")
    if reasons:
        raise Refused(
            f"{repository.root}: nothing may be committed here", reasons=reasons,
            remedy="put this right, or look with --dry-run, which commits nothing",
        )  # fmt: skip


def _in_the_way(repository: Repository) -> list[str]:
    found = {what for name, what in _UNFINISHED.items() if (repository.git_dir / name).exists()}
    locked = [f"{repository.git_dir / 'index.lock'} is there: another git is at work, or was ended"]
    return [f"{what} is in progress" for what in sorted(found)] + (
        locked if (repository.git_dir / "index.lock").exists() else []
    )


def _of_branch(repository: Repository, wanted: str | None) -> list[str]:
    out = branch(repository)
    if out is None:
        return ["no branch is checked out (detached HEAD)"]
    return (
        [f"branch '{out}' is checked out, and git.branch says '{wanted}'"] if wanted not in (None, out) else []
    )


def _of_identity(repository: Repository) -> list[str]:
    """Never a name that git makes up from the machine's."""
    try:
        for name in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
            git(repository.root, "-c", "user.useConfigOnly=true", "var", name)
    except GitFailed:
        return ["git does not know who commits: `git config user.name …` and `git config user.email …`"]
    return []


shown = hypertext.shown  # a name, as it can stand in a line
