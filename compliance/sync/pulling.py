"""Pull: the entrypoint writes into its outputs (document 003, 'Sync Targets'). Run twice, it changes nothing more."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from compliance.sync import changes, partly
from compliance.sync.connectors.protocol import TEMPORARY
from compliance.sync.model import Moved, TargetFailed
from compliance.systems.directional_sync import globs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence, Set
    from pathlib import Path

    from compliance.sync.changes import Found
    from compliance.sync.model import Job
    from compliance.sync.process import Completed
    from compliance.systems.directional_sync.syncfile import Target


def pull(job: Job, base: str, at: Callable[[str], None]) -> tuple[Moved, Found]:
    """Run it, find what it changed, and where it changed anything, run it again."""
    make_folders(job)
    near = changes.near(job.target.outputs) if job.target.idempotent else []
    before = changes.glimpse(job.tree, near)
    done = start(job)
    told = partly.read(job.scratch)
    at("after entrypoint")
    found = _first_look(job, base, near, before)
    refuse_empty(job, found)
    refuse_deletes(job, found)
    idempotent = True
    if found.changes and job.target.idempotent:
        make_folders(job)
        _start_again(job, base)
        at("after second run")
        first, found = found, _look(job, base)
        if differ := changes.difference(first, found):
            raise TargetFailed(f"it is not idempotent: a second run changed {changes.listed(differ)} once more")
    elif found.changes:
        idempotent = False
    return Moved("", idempotent=idempotent if idempotent else None, output=done.tail, told=told), found


def _first_look(job: Job, base: str, near: Sequence[str], before: Mapping[str, object] | None) -> Found:
    """Of what has changed its outputs, all is looked at after its second run, and here only they are: to look twice at
    all of a worktree takes longer than many a script."""
    now = changes.glimpse(job.tree, near)
    if before is not None and now != before:
        only_new = now is not None and before.items() <= now.items()
        found = _look(job, base, near, only_new=only_new)
        if found.changes:
            return found
    return _look(job, base, same=changes.same(job.tree, before, now))


def _look(
    job: Job, base: str, within: Sequence[str] = (), *, only_new: bool = False, same: Set[str] = frozenset()
) -> Found:
    return changes.look(job.tree, base, job.target.outputs, job.folders, within, only_new=only_new, same=same)


def _start_again(job: Job, base: str) -> None:
    """What it did the first time and must not have done may be why the second one fails: that is told."""
    try:
        start(job, again=True)
    except TargetFailed:
        _look(job, base)
        raise


def start(job: Job, *, again: bool = False) -> Completed:
    """Run the entrypoint, or say why it did not end well."""
    partly.place(job.scratch).unlink(missing_ok=True)
    done = job.execute(job.command, cwd=job.tree)
    second = "at its second run, " if again else ""
    if done.timed_out:
        raise TargetFailed(
            f"{second}it did not end within {job.target.timeout:g} s, and was ended", output=done.tail,
            passing=True,
        )  # fmt: skip
    if done.code == 126 and job.target.entrypoint is not None:
        raise TargetFailed(
            f"{job.target.entrypoint} cannot be executed: it needs a `#!` line, `chmod +x` and `git update-index"
            " --chmod=+x`",
            output=done.tail,
        )
    if done.code:
        raise TargetFailed(
            f"{second}{ended(job, done)}", output=done.tail, passing=passing(job.target, done.code)
        )
    return done


def ended(job: Job, done: Completed) -> str:
    """Why it failed. A connector says it in its first line; of an entrypoint nobody knows which line matters."""
    unset = [name for name in job.target.env if name not in job.given]
    hint = f" ({', '.join(unset)} of its `env` is not set)" if unset else ""
    if job.target.connector is None:
        return f"its entrypoint ended with {done.code}{hint}"
    lines = done.err.strip().splitlines() or [f"ended with {done.code}{hint}"]
    return f"{job.target.connector}: {lines[-1 if lines[0].startswith('Traceback') else 0]}"


def passing(target: Target, code: int) -> bool:
    """May another time go well? A connector says so; of an entrypoint nobody knows."""
    return code != 0 and (target.connector is None or code == TEMPORARY)


def refuse_entrypoint(job: Job) -> None:
    """What is committed is what runs: what the main tree has besides is not known to a clone either."""
    name = job.target.entrypoint
    if name is None:
        return
    if not (job.tree / name).is_file():
        raise TargetFailed(f"its entrypoint {name} is not committed: `git add {name}` and commit it")
    if not os.access(job.tree / name, os.X_OK):
        raise TargetFailed(
            f"its entrypoint {name} is not executable as it is committed: `git update-index --chmod=+x {name}`"
        )


def make_folders(job: Job) -> None:
    """Troubleshooting 1 of the document: a script must not fail for a folder that git does not keep."""
    for base, glob in ((globs.base(glob), glob) for glob in job.target.outputs):
        folder = job.tree / base
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TargetFailed(f"no folder for '{glob}': {error.strerror}") from None
        linked = base and changes.behind_link(job.tree, f"{base}/_")
        if linked and not _inside(folder, job.tree):
            raise TargetFailed(f"'{glob}' leads out of the repository, by a link")


def _inside(folder: Path, tree: Path) -> bool:
    return folder.resolve().is_relative_to(tree.resolve())


def refuse_empty(job: Job, found: Found) -> None:
    """A source that gave nothing must not empty what was there: an outage looks just like that."""
    if job.target.allow_empty:
        return
    outputs = job.target.outputs
    there = {glob: changes.any_file(job.tree, glob) for glob in outputs}
    gone = [
        glob for glob in outputs if not there[glob] and any(globs.matches(path, [glob]) for path in found.paths)
    ]
    if gone or not any(there.values()):
        what = ", ".join(f"'{glob}'" for glob in gone or outputs)
        raise TargetFailed(
            f"nothing is left in {what}: an empty source is refused (allow_empty: true takes it)"
        )


def refuse_deletes(job: Job, found: Found) -> None:
    if found.deleted > job.target.max_deletes:
        raise TargetFailed(
            f"it deleted {found.deleted} files, and max_deletes is {job.target.max_deletes}: "
            + changes.listed([c.path for c in found.changes if c.change == "deleted"], 5)
        )
