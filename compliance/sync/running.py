"""One target, from its worktree to a commit that may land: run, look, check, and only then make it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from compliance.core.errors import ComplianceError
from compliance.sync import (
    both,
    changes,
    committing,
    gates,
    pulling,
    pushing,
    quick,
    scanning,
    trying,
    verifying,
)
from compliance.sync.model import Checked, Moved, Outcome, TargetFailed
from compliance.sync.process import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from compliance.sync.changes import Found
    from compliance.sync.committing import Entry, Made
    from compliance.sync.model import Job
    from compliance.sync.session import Session
    from compliance.sync.worktrees import Tree
    from compliance.systems.directional_sync.syncfile import Target


@dataclass
class Work:
    """A target at work, and what is known of it so far. `made`: what may land, if anything; `entries`: the same before,
    where git's plumbing commits it."""

    target: Target
    base: str
    began: float = field(default_factory=time.monotonic)
    moved: Moved | None = None
    found: Found | None = None
    entries: tuple[Entry, ...] | None = None
    made: Made | None = None
    diff: str = ""
    checks: list[Checked] = field(default_factory=list)
    outcome: Outcome | None = None
    attempt: int = 1


def run(session: Session, target: Target, tree: Tree, base: str) -> Work:
    """Never raises for what a target does; `work.outcome` stands where it has failed."""
    work = Work(target, base)
    try:
        if target.retries:
            for attempt in trying.attempts(target.retries, session.stop):
                work = Work(target, base, work.began, attempt=attempt.retry_state.attempt_number)
                with attempt:
                    _once(session, work, tree)
        else:
            _once(session, work, tree)
    except (TargetFailed, Interrupted, ComplianceError, OSError) as error:
        work.outcome = failure(session, work, error)
        session.listener.state(target.name, "failed")
    return work


def _once(session: Session, work: Work, tree: Tree) -> None:
    name, again = work.target.name, f" attempt {work.attempt}" if work.attempt > 1 else ""
    if again and session.stop.is_set():  # asked while it waited
        raise Interrupted
    try:
        session.listener.state(name, f"running{again}")
        tree.prepare(work.base)
        session.at("after worktree")
        job = session.job(work.target, tree)
        with session.watch.at_work(work.target.name):
            if session.mover is None:
                _move(job, work, tree, session.at)
            else:
                work.moved, work.found = session.mover(job, work.base)
                tree.dirty = True
        session.listener.state(name, "checking")
        _stage(session, job, work, tree)
        _check(session, job, work, tree)
        _make(session, job, work, tree)
        session.listener.state(name, "ready to land")
    except (TargetFailed, Interrupted, ComplianceError, OSError):
        undo(work)
        tree.dirty = True
        raise


def undo(work: Work) -> None:
    if work.moved is not None:
        work.moved.undo()


def _move(job: Job, work: Work, tree: Tree, at: Callable[[str], None]) -> None:
    """The entrypoint, in the manner of its direction, and what it has changed here."""
    pulling.refuse_entrypoint(job)
    tree.dirty = work.target.direction != "pull"
    if work.target.direction == "pull":
        work.moved, work.found = pulling.pull(job, work.base, at)
        told = work.moved.told
        if told.incomplete and told.passing and work.attempt <= work.target.retries:
            raise TargetFailed(told.behind(""), output=work.moved.output, passing=True)
    else:
        pulling.make_folders(job)
        work.moved = pushing.push(job) if work.target.direction == "push" else both.sync(job)
        at("after entrypoint")
        work.found = changes.look(job.tree, work.base, work.target.outputs)
        pulling.refuse_deletes(job, work.found)
    tree.dirty = tree.dirty or work.found.left


def _stage(session: Session, job: Job, work: Work, tree: Tree) -> None:
    """What was looked at becomes git's, before any check could touch it."""
    if work.found is None or not work.found.changes:
        return
    if session.author is not None and not _looked_at(session, work.target):
        work.entries = quick.entries(job.tree, work.found, job.folders)
    if work.entries is None:
        tree.dirty = True
        committing.stage(job.tree, (*work.found.paths, *work.found.fleeting))
    session.at("after staging")


def _looked_at(session: Session, target: Target) -> bool:
    """Does anything look at the worktree that may ask git what is staged, or is it no commit of a branch?"""
    special = target.dry_run or target.fail_on_diff or not target.git_commit or target.verification is not None
    checked = any(check.concerns(target) for check in session.file.post_sync_checks)
    return special or checked or any(gate.concerns(target) for gate in session.file.drift_gates)


def _check(session: Session, job: Job, work: Work, tree: Tree) -> None:
    """All of them, so that a person sees all that is wrong; then what is wrong fails the target."""
    file, target, ci = session.file, work.target, session.options.ci
    given = (job.tree, job.execute)
    work.checks += gates.run(file.post_sync_checks, target, *given, kind="post_sync", ci=ci)
    work.checks += gates.run(file.drift_gates, target, *given, kind="drift_gate", ci=ci)
    if target.verification is not None and (session.options.verify or ci or _lands(job, work)):
        work.checks += verifying.verify(target, *given, ci=ci)
    tree.dirty = tree.dirty or bool(work.checks)  # a check may leave files too: compileall does
    session.at("after checks")
    broken = [check for check in work.checks if check.failed]
    if broken:
        said = "; ".join(f"{check.name}: {check.detail}" for check in broken)
        raise TargetFailed(said, line=broken[0].line)
    if work.found is not None and work.found.changes:
        _unchanged_by(job, work)
        present = [c.path for c in work.found.changes if c.change != "deleted"]
        work.checks.append(scanning.refuse(job, present))


def _unchanged_by(job: Job, work: Work) -> None:
    """What a check mends would not be committed, and what it hides would be: both are looked at as they were."""
    assert work.found is not None
    if work.checks and (changed := changes.moved_on(job.tree, work.found)):
        raise TargetFailed(
            f"a check changed {changes.listed(changed)}: a check only looks; let the entrypoint do that"
        )


def _lands(job: Job, work: Work) -> bool:
    return bool(work.found and work.found.changes) and job.target.git_commit


def _make(session: Session, job: Job, work: Work, tree: Tree) -> None:
    if work.found is None or not work.found.changes:
        return
    if work.entries is not None:
        assert session.author is not None
        work.made = session.author.made(work.base, work.entries, job.message)
        tree.take_back(entry.path for entry in work.entries if not entry.there_before)
        tree.dirty = tree.dirty or any(entry.there_before for entry in work.entries)
        session.at("after commit")
        return
    hooks = session.hooks and work.target.git_commit
    tree.dirty = tree.dirty or hooks
    work.made = committing.commit(job, work.base, session.stop, hooks=hooks)
    if hooks and changes.moved_on(job.tree, work.found):  # what a hook wrote nobody has looked through yet
        scanning.refuse(job, [entry.path for entry in work.made.entries if not entry.deleted])
    work.found = work.found.only({entry.path for entry in work.made.entries})
    tree.head = work.made.commit
    session.at("after commit")
    if job.dry_run or session.options.fail_on_diff or work.target.fail_on_diff:
        work.diff = committing.diff(job.tree, work.made)
    if work.found.changes and (session.options.fail_on_diff or work.target.fail_on_diff):
        raise TargetFailed(f"differs: {counted(work.found)} (fail_on_diff)")


def counted(found: Found) -> str:
    return pushing.counted(found.changes)


def success(session: Session, work: Work, commit: str | None) -> Outcome:
    """Of what landed, or would have."""
    assert work.moved is not None
    found = work.found.changes if work.found else ()
    known = work.moved.changes if work.moved.changes is not None else found
    dry = session.options.dry_run or work.target.dry_run
    verb = "would land" if dry else "landed"
    said = f"{verb}: {pushing.counted(found)}" if found else "nothing changed"
    told = work.moved.told
    said = session.redacted(_counting(work, told.behind(work.moved.message or said)))
    return replace(
        _outcome(session, work), success=not told.incomplete, message=said,
        incomplete=tuple(session.redacted(each) for each in told.failed),
        changed=known, commit=commit,
        outputs_created=tuple(c.path for c in found if c.change == "added") if not dry else (),
        idempotent=work.moved.idempotent, drift=work.moved.drift,
        diff=session.redacted(work.diff or work.moved.diff), output=session.redacted(work.moved.output),
    )  # fmt: skip


def failure(session: Session, work: Work, error: BaseException) -> Outcome:
    message, output, file, line = _told(work, error)
    return replace(
        _outcome(session, work), success=False, message=session.redacted(_counting(work, message)),
        output=session.redacted(output), diff=session.redacted(work.diff), file=file, line=line,
    )  # fmt: skip


def _counting(work: Work, message: str) -> str:
    return (
        message
        if work.attempt == 1 or message == "interrupted"
        else f"{message} (attempt {work.attempt} of {work.target.retries + 1})"
    )


def _told(work: Work, error: BaseException) -> tuple[str, str, str | None, int | None]:
    if isinstance(error, TargetFailed):
        return error.message, error.output, error.file, error.line or work.target.line
    if isinstance(error, Interrupted):  # and no more: the end of a run is known by it
        return "interrupted", "", None, work.target.line
    if isinstance(error, OSError):
        return f"{error.filename or 'the disk'}: {error.strerror or error}", "", None, work.target.line
    return str(error), "", None, work.target.line


def _outcome(session: Session, work: Work) -> Outcome:
    target = work.target
    return Outcome(
        target.name, target.direction, False, "", round(time.monotonic() - work.began, 3),
        verification_passed=_verified(work.checks), dry_run=session.options.dry_run or target.dry_run,
        checks=tuple(replace(c, detail=session.redacted(c.detail)) for c in work.checks), line=target.line,
        repository=target.repository,
    )  # fmt: skip


def _verified(checks: Sequence[Checked]) -> bool | None:
    """None where nothing was verified: that is neither."""
    looked = [c.passed for c in checks if c.kind == "verification" and c.skipped is None]
    return all(looked) if looked else None
