"""`compliance sync rollback RUN`: the outputs as they were before a run, landed as a run lands its own."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.core.errors import ComplianceError
from compliance.estate import document
from compliance.sync import (
    carrying,
    changes,
    command,
    history,
    notifying,
    repositories,
    repository,
    rollback,
    rollback_both,
)
from compliance.sync.arguments import DEFAULT
from compliance.sync.committing import NOBODY
from compliance.sync.model import Moved, Options, Run
from compliance.sync.repository import git
from compliance.sync.session import nowhere
from compliance.sync.telling import Teller
from compliance.systems.directional_sync import syncfile, syncreading

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from compliance.sync.changes import Found
    from compliance.sync.model import Job
    from compliance.sync.repository import Repository
    from compliance.sync.rollback import Plan, Step
    from compliance.sync.session import Mover
    from compliance.systems.directional_sync.syncfile import SyncFile, Target


def roll_back(parsed: argparse.Namespace, at: Callable[[str], None] = nowhere) -> int:
    """0 done, or nothing to do; 1 where a target failed; 4 where it cannot be."""
    teller = Teller(file=parsed.config or DEFAULT, ci=parsed.ci, verbose=parsed.verbose, json=parsed.json)
    try:
        found = repository.find(Path.cwd())
        # Not as a sync reads it: an entrypoint that is not there any more is no reason to keep what it has done.
        path = Path(parsed.config) if parsed.config else found.root / DEFAULT
        file = syncreading.parse(document.load(path, syncfile.SCHEMA))
        begun = Run(
            command.now(), 0.0, Options(dry_run=parsed.dry_run, ci=parsed.ci, verbose=parsed.verbose), ()
        )
        with carrying.locked(found, teller.say):
            run = _taken_back(found, file, begun, parsed, teller, at)
    except ComplianceError as error:
        if parsed.ci:
            teller.error(str(error))
        raise
    if run.outcomes:
        run = notifying.notified(found, file, run, teller.warn)
    command.tell(run, parsed, teller)
    return run.exit_code


def _taken_back(
    found: Repository, file: SyncFile, begun: Run, parsed: argparse.Namespace, teller: Teller,
    at: Callable[[str], None],
) -> Run:  # fmt: skip
    runs = history.read(found.root)
    run = history.find(runs, parsed.run)
    plan = rollback.plan(found, file, runs, run, parsed.target)
    if not plan.steps:
        teller.say(_nothing(run.id, plan))
        return begun
    here = repositories.of(
        file, file.targets[plan.steps[0].target].repository
    )  # a history is of one repository
    bare = {step.target: _bare(here.targets[step.target]) for step in plan.steps}
    own = replace(
        here, message=f"revert(sync): {{target}} of {run.id}", targets={**here.targets, **bare},
        pre_sync_checks=(), post_sync_checks=(), drift_gates=(),
    )  # fmt: skip
    targets = tuple(bare.values())
    begun = replace(begun, options=replace(begun.options, jobs=1))
    return carrying.carry_out(found, own, targets, begun, teller, at, mover=_mover(plan.steps), of=run.id)


def _nothing(name: str, plan: Plan) -> str:
    if not plan.landed:
        return f"{name} landed nothing: there is nothing to roll back"
    return f"what {name} landed is rolled back: there is nothing to do"


def _bare(target: Target) -> Target:
    """Nothing but where its outputs are. What was there before has passed its checks, or was there before them: none
    of them may hold back who takes away what is worse. That no secret comes in is looked at all the same."""
    return replace(
        target, config={}, depends_on=(), verification=None, dry_run=False, fail_on_diff=False, git_commit=True,
        retries=0,
    )  # fmt: skip


def _mover(steps: Sequence[Step]) -> Mover:
    by_target = {step.target: step for step in steps}

    def move(job: Job, base: str) -> tuple[Moved, Found]:
        step = by_target[job.target.name]
        _restore(job.tree, step)
        moved = Moved("") if step.other is None else rollback_both.move(job, step.other)
        try:
            return moved, changes.look(job.tree, base, job.target.outputs)
        except BaseException:
            moved.undo()
            raise

    return move


def _restore(tree: Path, step: Step) -> None:
    """First what goes: a folder may become a file."""
    for entry in step.entries:
        if not entry.there_before:
            _remove(tree, entry.path)
    given = b"".join(os.fsencode(entry.path) + b"\0" for entry in step.entries if entry.there_before)
    if given:
        words = (
            "restore",
            f"--source={step.before}",
            "--worktree",
            "--pathspec-from-file=-",
            "--pathspec-file-nul",
        )
        git(tree, "--literal-pathspecs", *NOBODY, *words, given=given)
    _unignore(tree, [entry.path for entry in step.entries if entry.there_before])


def _unignore(tree: Path, paths: Sequence[str]) -> None:
    """What was in a commit although git ignores it, as other repositories keep it, is to be there again."""
    if ignored := repository.ignored(tree, paths):
        given = b"".join(os.fsencode(path) + b"\0" for path in sorted(ignored))
        words = ("add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul")
        git(tree, "--literal-pathspecs", *words, given=given)


def _remove(tree: Path, path: str) -> None:
    place = tree / path
    place.unlink(missing_ok=True)
    for folder in place.parents:
        if folder == tree:
            return
        with suppress(OSError):
            folder.rmdir()
