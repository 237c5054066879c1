"""The half of a rollback that no commit holds: files outside of the repository, and the state that two sides agreed on.

Each is judged by content, so that a rollback that was killed is finished by the same words again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.sync import backups, keeping, state
from compliance.sync.changes import listed
from compliance.sync.model import Moved
from compliance.sync.repository import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.sync.history import Past
    from compliance.sync.keeping import Kept
    from compliance.sync.model import Job
    from compliance.sync.repository import Repository
    from compliance.sync.state import State
    from compliance.systems.directional_sync.syncfile import Target


class Other(NamedTuple):
    """`before`: the state that is recorded again, instead of `after`; `files`: do those outside have to go back?"""

    before: State | None
    after: State | None
    files: bool


class No(Exception):
    """This target cannot be taken back; the message says why."""


def judge(found: Repository, run: Past, target: Target, result: Mapping[str, Any]) -> Other | None:
    """None: it is back. Raises `No` where somebody has been there since, or nothing is kept to go back to."""
    name, states = target.name, (run.state["before"], run.state["after"])
    before, after = (state.read_at(found.root, name, commit) for commit in states)
    then, left = (keeping.digest(each, name) for each in (before, after))
    now = keeping.digest(state.read(found.root, name), name)
    if now not in (then, left):
        raise No("it was synced again since: roll that run back first")
    kept = keeping.find(found.store, name)
    # Of a run that was killed nobody may have told what differed; what is kept does.
    drifted = result["drift"] or (run.killed and kept is not None and kept.moved == (then, left))
    files = False
    if drifted:
        if then == left:
            raise No("it left the recorded state as it was, so that nobody could tell whether it is back")
        files = _files(target, kept, left=left, then=then)
    return Other(before, after, files) if files or now != then else None


def _files(target: Target, kept: Kept | None, *, left: str, then: str) -> bool:
    """Do they have to go back, or are they?"""
    if not target.outside:
        raise No("its other side is no file that could be kept (outside); set one side as you want it and sync")
    if kept is None or kept.moved not in ((then, left), (left, then)):
        raise No(
            "of its files outside of the repository nothing is kept here to go back to: it ran on another machine, or"
            " ran again since; set one side as you want it and sync"
        )
    if changed := kept.changed:
        raise No(f"changed again since, outside of the repository: {listed(changed)}")
    return kept.moved == (then, left)


def move(job: Job, other: Other) -> Moved:
    """Backed up first, as a sync does; what fails afterwards puts them back."""
    name = job.target.name
    if not other.files:
        return Moved("", keep=lambda: state.record(job.repository, name, other.before))
    if job.dry_run:
        return Moved("", drift=("files outside of the repository would be put back",))
    backups.keep(job.store, name, keeping.globs(job.store, name), job.repository)
    try:
        changed = keeping.put_back(job.store, name)
    except BaseException:
        backups.restore(job.store, name)
        raise

    def keep() -> None:  # in this order, as `both` has it
        keeping.retain(job.store, name, other.after, other.before)
        state.record(job.repository, name, other.before)

    def undo() -> None:
        backups.restore(job.store, name)

    said = f"put back, with {len(changed)} files outside of the repository"
    return Moved(said, drift=tuple(f"{shown(each)}: put back" for each in changed), keep=keep, undo=undo)
