"""A run of targets, from the lock to its record in the history: a sync, and a rollback alike."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from compliance.core.errors import ComplianceError, Refused
from compliance.executor.ledger_lock import Lock
from compliance.sync import committing, environment, listening, preparing, quick, recording, settling
from compliance.sync.parallel import Line, not_run
from compliance.sync.session import Session, nowhere
from compliance.sync.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from compliance.sync.model import Run
    from compliance.sync.repository import Repository
    from compliance.sync.session import Mover
    from compliance.sync.telling import Teller
    from compliance.systems.directional_sync.syncfile import SyncFile, Target


@contextmanager
def locked(found: Repository, say: Callable[[str], None]) -> Iterator[None]:
    """The repository for this run alone; what one that was killed has left is settled first."""
    found.store.mkdir(parents=True, exist_ok=True)
    with Lock(found.store / "lock").held():
        for line in settling.settle(found):
            say(line)
        for line in recording.settle(found):
            say(line)
        yield


def carry_out(
    found: Repository, file: SyncFile, targets: Sequence[Target], begun: Run, teller: Teller,
    at: Callable[[str], None] = nowhere, *, mover: Mover | None = None, of: str | None = None,
    barred: Mapping[str, str] | None = None,
) -> Run:  # fmt: skip
    """Under the lock. `barred`: why a target may not run; `mover`: does what the targets' own scripts would; then it is
    a rollback of the run `of`."""
    began = time.monotonic()
    if begun.options.dry_run:
        return _timed(_targets(found, file, targets, begun, teller, at, mover, barred or {}), began)
    kind = "sync" if mover is None else "rollback"
    stamp, ci = begun.timestamp, begun.options.ci
    journal = recording.Journal(found, file, targets, stamp=stamp, ci=ci, kind=kind, of=of)
    try:
        run = _timed(
            _targets(found, file, targets, begun, listening.All(teller, journal), at, mover, barred or {}),
            began,
        )
    except ComplianceError as error:
        _end(journal, _timed(refused(begun, targets, error), began), teller)
        raise
    except BaseException:  # it stays, for the next run to record
        journal.close()
        raise
    at("before record")
    _end(journal, run, teller)
    at("after record")
    return run


def refused(begun: Run, targets: Sequence[Target], error: ComplianceError) -> Run:
    """Nothing ran: each target says why."""
    dead = tuple(not_run(target, error.message, dry_run=begun.options.dry_run) for target in targets)
    return replace(begun, outcomes=dead)


def _timed(run: Run, began: float) -> Run:
    return replace(run, duration=round(time.monotonic() - began, 3))


def _end(journal: recording.Journal, run: Run, teller: Teller) -> None:
    if trouble := journal.end(run):
        teller.say(f"warning: this run is not in the history: {trouble}")


def _targets(
    found: Repository, file: SyncFile, targets: Sequence[Target], begun: Run, listener: listening.Listener,
    at: Callable[[str], None], mover: Mover | None, hindered: Mapping[str, str],
) -> Run:  # fmt: skip
    watch, options = Watch(found), begun.options
    if watch.head in ("", "(initial)"):
        raise Refused(f"{found.root} has no commit yet", remedy="commit sync.yaml and the entrypoints first")
    preparing.may_land(found, file, targets, options)
    hooks = committing.has_hooks(found.root)
    session = Session(
        file, options, found, watch, dict(os.environ), hooks, environment.Redaction(file, os.environ), at,
        author=None if hooks or options.dry_run or options.fail_on_diff else quick.author(found.root, file.message),
        listener=listener, mover=mover,
    )  # fmt: skip
    with preparing.stoppable(session.stop):
        checks, barred = preparing.check(session, targets)
        outcomes = Line(session, targets, {**barred, **hindered}).run()
    # A wish to stop that came after the last one had landed interrupted nothing.
    stopped = session.stop.is_set() and any(outcome.message.endswith("interrupted") for outcome in outcomes)
    return replace(begun, outcomes=outcomes, checks=checks, interrupted=stopped)
