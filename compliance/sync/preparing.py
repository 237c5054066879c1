"""Before any target runs: may anything land, and do the pre-sync checks hold? And how a run is asked to stop."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from compliance.sync import gates, repository
from compliance.sync.changes import listed
from compliance.sync.model import Checked
from compliance.sync.process import Interrupted
from compliance.systems.directional_sync import globs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from threading import Event

    from compliance.sync.model import Options
    from compliance.sync.repository import Repository
    from compliance.sync.session import Session
    from compliance.systems.directional_sync.syncfile import SyncFile, Target


def may_land(found: Repository, file: SyncFile, targets: Sequence[Target], options: Options) -> None:
    """Only where a commit may come of it: a dry run, a push and files that are not committed need none."""
    landing = [
        t for t in targets
        if t.direction != "push" and t.git_commit and not (options.dry_run or t.dry_run or options.fail_on_diff)
    ]  # fmt: skip
    if not landing:
        return
    own = [glob for t in file.targets.values() if not t.git_commit for glob in t.outputs]
    outputs = [glob for t in landing for glob in t.outputs]
    there = {entry.path: entry.code for entry in repository.status(found.root).entries}
    dirty = [p for p, code in there.items() if code != "?" and not globs.matches(p, own)]
    dirty += [p for p, code in there.items() if code == "?" and globs.matches(p, outputs)]
    repository.may_commit(found, file.branch, dirty)


def check(session: Session, targets: Sequence[Target]) -> tuple[tuple[Checked, ...], dict[str, str]]:
    """The pre-sync checks, once a run, in the main tree; and why which targets do not run after them."""
    checks: list[Checked] = []
    barred: dict[str, str] = {}
    for check in session.file.pre_sync_checks:
        concerned = [target for target in targets if check.concerns(target)]
        if not concerned:
            continue
        execute = partial(session.before, concerned[0])
        try:
            done = gates.judge(check, session.repository.root, execute, kind="pre_sync", ci=session.options.ci)
        except Interrupted:
            return tuple(checks), {target.name: "interrupted" for target in targets}
        checks.append(replace(done, detail=session.redacted(done.detail)))
        if done.failed:
            barred |= {target.name: f"pre-sync check '{check.name}' failed" for target in concerned}
    if checks and (changed := _changed(session)):
        checks.append(Checked("pre_sync", "the main tree is as it was", False, changed))
        barred |= {target.name: "a pre-sync check changed the main tree" for target in targets}
    return tuple(checks), barred


def _changed(session: Session) -> str:
    """A check only looks; else its traces would be laid at the door of the target that runs first."""
    moved, strays = session.watch.since()
    said = ["a check moved HEAD"] if moved else []
    return "; ".join(said + ([f"a check changed {listed(strays)}; let git ignore it"] if strays else []))


@contextmanager
def stoppable(stop: Event) -> Iterator[None]:
    """Ctrl-C and a wish to end let a landing finish, and end what runs. Whoever ignores a signal goes on to."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    kept = {number: signal.getsignal(number) for number in numbers}
    for number, handler in kept.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, lambda *_: stop.set())
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
