"""`compliance sync`: read, select, lock, check, run, tell. Returns the exit code."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.core.errors import ComplianceError, ConfigurationError, Refused
from compliance.estate import document
from compliance.executor.ledger_lock import Lock
from compliance.sync import committing, environment, gates, repository, settling, summary
from compliance.sync.arguments import DEFAULT
from compliance.sync.model import Options, Run
from compliance.sync.parallel import Line, not_run
from compliance.sync.selecting import select
from compliance.sync.session import Session, nowhere
from compliance.sync.telling import Teller, listing
from compliance.sync.watching import Watch
from compliance.systems.directional_sync import globs, syncfile
from compliance.talking import write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence
    from threading import Event

    from compliance.sync.model import Checked
    from compliance.sync.repository import Repository
    from compliance.systems.directional_sync.syncfile import SyncFile, Target


def sync(parsed: argparse.Namespace, at: Callable[[str], None] = nowhere) -> int:
    """Run what was asked for. `at`: told each step, for tests."""
    teller = Teller(file=parsed.config or DEFAULT, ci=parsed.ci, verbose=parsed.verbose, json=parsed.json)
    try:
        found = repository.find(Path.cwd())
        file = read(found, parsed.config)
        targets = select(file, parsed.target, parsed.direction)
        if parsed.list:
            return _list(targets, as_json=parsed.json)
        for target in targets:
            environment.expanded(file, target, os.environ)
        return _run(found, file, targets, parsed, teller, at)
    except ComplianceError as error:
        if parsed.ci:
            teller.error(str(error))
        raise


def read(found: Repository, config: str | None) -> SyncFile:
    """The configuration, checked whole: also that each entrypoint is there and may be run."""
    path = Path(config) if config else found.root / DEFAULT
    file = syncfile.parse(document.load(path, syncfile.SCHEMA))
    for target in file.targets.values():
        _entrypoint(found, file, target)
    return file


def _entrypoint(found: Repository, file: SyncFile, target: Target) -> None:
    place = found.root / target.entrypoint
    where = ("targets", target.name, "entrypoint")
    if not place.is_file():
        raise file.document.error(
            f"{target.name}: its entrypoint {target.entrypoint} is not there", *where,
            remedy="write it, or correct the path",
        )  # fmt: skip
    if not place.resolve().is_relative_to(found.root.resolve()):
        raise file.document.error(f"{target.name}: its entrypoint leads out of the repository", *where)
    if not place.stat().st_mode & 0o100:
        raise file.document.error(
            f"{target.name}: its entrypoint {target.entrypoint} is not executable", *where,
            remedy=f"chmod +x {target.entrypoint} && git update-index --chmod=+x {target.entrypoint}",
        )  # fmt: skip


def _list(targets: Sequence[Target], *, as_json: bool) -> int:
    rows = [
        {"target": t.name, "direction": t.direction, "schedule": t.schedule, "description": t.description}
        for t in targets
    ]
    write(json.dumps(rows, indent=2, ensure_ascii=False) if as_json else listing(targets))
    return 0


def _run(
    found: Repository, file: SyncFile, targets: Sequence[Target], parsed: argparse.Namespace, teller: Teller,
    at: Callable[[str], None],
) -> int:  # fmt: skip
    began, stamp = time.monotonic(), datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    options = _options(parsed, targets)
    run = Run(stamp, 0.0, options, ())
    try:
        found.store.mkdir(parents=True, exist_ok=True)
        with Lock(found.store / "lock").held():
            for line in settling.settle(found):
                teller.say(line)
            run = _targets(found, file, targets, options, run, teller, at)
    except ComplianceError as error:
        dead = tuple(not_run(t, error.message, dry_run=options.dry_run) for t in targets)
        _tell(replace(run, outcomes=dead, duration=time.monotonic() - began), parsed, teller)
        raise
    run = replace(run, duration=round(time.monotonic() - began, 3))
    _tell(run, parsed, teller)
    return run.exit_code


def _options(parsed: argparse.Namespace, targets: Sequence[Target]) -> Options:
    jobs = parsed.jobs or _processors()
    return Options(
        parsed.dry_run, parsed.verify, parsed.fail_on_diff, parsed.ci, parsed.verbose, min(jobs, len(targets))
    )


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _targets(
    found: Repository, file: SyncFile, targets: Sequence[Target], options: Options, run: Run, teller: Teller,
    at: Callable[[str], None],
) -> Run:  # fmt: skip
    watch = Watch(found.root)
    if watch.head in ("", "(initial)"):
        raise Refused(f"{found.root} has no commit yet", remedy="commit sync.yaml and the entrypoints first")
    _may_land(found, file, targets, options)
    session = Session(
        file, options, found, watch, dict(os.environ), committing.has_hooks(found.root),
        environment.Redaction(file, os.environ), at,
    )  # fmt: skip
    with _stoppable(session.stop):
        checks, barred = _before(session, targets)
        outcomes = Line(session, targets, barred, teller.outcome).run()
    # A wish to stop that came after the last one had landed interrupted nothing.
    stopped = session.stop.is_set() and any(outcome.message.endswith("interrupted") for outcome in outcomes)
    return replace(run, outcomes=outcomes, checks=checks, interrupted=stopped)


def _may_land(found: Repository, file: SyncFile, targets: Sequence[Target], options: Options) -> None:
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


def _before(session: Session, targets: Sequence[Target]) -> tuple[tuple[Checked, ...], dict[str, str]]:
    """The pre-sync checks, once a run, in the main tree; and why which targets do not run after them."""
    checks: list[Checked] = []
    barred: dict[str, str] = {}
    for check in session.file.pre_sync_checks:
        concerned = [target for target in targets if check.concerns(target)]
        if not concerned:
            continue
        execute = partial(session.before, concerned[0])
        done = gates.judge(check, session.repository.root, execute, kind="pre_sync", ci=session.options.ci)
        checks.append(replace(done, detail=session.redacted(done.detail)))
        if done.failed:
            barred |= {target.name: f"pre-sync check '{check.name}' failed" for target in concerned}
    return tuple(checks), barred


@contextmanager
def _stoppable(stop: Event) -> Iterator[None]:
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


def _tell(run: Run, parsed: argparse.Namespace, teller: Teller) -> None:
    for check in run.checks:
        if check.failed:
            teller.say(f"FAILED pre-sync check '{check.name}': {check.detail}")
            if parsed.ci:
                teller.annotate(f"{check.name}: {check.detail}", teller.file, check.line)
        elif check.skipped is not None:
            teller.say(f"skipped: pre-sync check '{check.name}': {check.skipped}")
    teller.end(run)
    told = summary.document(run)
    if parsed.summary_json:
        _write(Path(parsed.summary_json), json.dumps(told, indent=2, ensure_ascii=True) + "\n")
    if parsed.json:
        sys.stdout.write(json.dumps(told, indent=2, ensure_ascii=True) + "\n")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"--summary-json {path}: {error.strerror}") from None
