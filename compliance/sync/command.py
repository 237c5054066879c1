"""`compliance sync`: read, select, lock, check, run, tell. Returns the exit code."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.core.errors import ComplianceError, ConfigurationError
from compliance.estate import document
from compliance.sync import carrying, environment, live, notifying, repositories, repository, summary
from compliance.sync.arguments import DEFAULT
from compliance.sync.connectors import checking
from compliance.sync.model import Checked, Options, Run
from compliance.sync.selecting import select
from compliance.sync.session import nowhere
from compliance.sync.telling import Teller, listing
from compliance.systems.directional_sync import syncfile, syncreading
from compliance.systems.directional_sync.checking import written
from compliance.talking import write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from compliance.sync.repository import Repository
    from compliance.systems.directional_sync.syncfile import SyncFile, Target


def sync(parsed: argparse.Namespace, at: Callable[[str], None] = nowhere) -> int:
    """Run what was asked for. `at`: told each step, for tests."""
    teller = _teller(parsed)
    try:
        found, file, targets = _asked(parsed)
        if parsed.list:
            return _list(targets, as_json=parsed.json)
        return _run(found, file, targets, parsed, teller, at)
    except ComplianceError as error:
        if parsed.ci:
            teller.error(str(error))
        raise


def _teller(parsed: argparse.Namespace) -> Teller:
    name = parsed.config or DEFAULT
    if parsed.watch and live.wanted(ci=parsed.ci, json=parsed.json):
        return live.LiveTeller(file=name, verbose=parsed.verbose)
    return Teller(file=name, ci=parsed.ci, verbose=parsed.verbose, json=parsed.json)


def _asked(parsed: argparse.Namespace) -> tuple[Repository, SyncFile, tuple[Target, ...]]:
    """What is wrong with the configuration stands in a summary too: a workflow goes on to show it."""
    try:
        found = repository.find(Path.cwd())
        file = read(found, parsed.config)
        targets = select(file, parsed.target, parsed.direction)
        for target in () if parsed.list else targets:
            checking.check_filled(file, target, environment.expanded(file, target, os.environ))
            if target.repository is not None and target.entrypoint is not None:
                there = repositories.find(found, file, target.repository, os.environ)
                _entrypoint(there, file, target, there.root / target.entrypoint)
    except ComplianceError as error:
        broken = Checked("pre_sync", "configuration", False, str(error))
        if parsed.summary_json and not parsed.list:
            _save(Run(now(), 0.0, Options(dry_run=parsed.dry_run), (), (broken,)), Path(parsed.summary_json))
        raise
    return found, file, targets


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(found: Repository, config: str | None) -> SyncFile:
    """The configuration, checked whole: also that each entrypoint is there and may be run."""
    path = Path(config) if config else found.root / DEFAULT
    file = syncreading.parse(document.load(path, syncfile.SCHEMA))
    _unwritten(found, file, path)
    for target in file.targets.values():
        if target.entrypoint is None:
            checking.check(file, target)
        elif target.repository is None:
            _entrypoint(found, file, target, found.root / target.entrypoint)
    return file


def _unwritten(found: Repository, file: SyncFile, path: Path) -> None:
    """No target writes the configuration that says what it may do."""
    whole, root = path.resolve(), found.root.resolve()
    if whole.is_relative_to(root):
        own = {whole.relative_to(root).as_posix(): "the configuration of the sync"}
        for problem in written(file, own):
            raise file.document.error(problem.message, *problem.place)


def _entrypoint(found: Repository, file: SyncFile, target: Target, place: Path) -> None:
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
    begun, done = Run(now(), 0.0, _options(parsed, targets), ()), list[Run]()
    try:
        parts = repositories.parts(found, file, targets, os.environ)
        with repositories.locked(parts, teller.say), teller.shown(targets):
            for part in parts:
                barred = repositories.barred(part, file, {o.target: o for run in done for o in run.outcomes})
                done.append(carrying.carry_out(*part, begun, teller, at, barred=barred))
                if done[-1].interrupted:
                    break
    except ComplianceError as error:
        run = repositories.whole(begun, done, targets, error.message)
        tell(notifying.notified(found, file, run, teller.warn), parsed, teller)
        raise
    run = repositories.whole(begun, done, targets, "interrupted")
    run = notifying.notified(found, file, run, teller.warn)
    tell(run, parsed, teller)
    return run.exit_code


def _options(parsed: argparse.Namespace, targets: Sequence[Target]) -> Options:
    jobs = parsed.jobs or _processors()
    return Options(
        parsed.dry_run, parsed.verify, parsed.fail_on_diff, parsed.ci, parsed.verbose, min(jobs, len(targets))
    )


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def tell(run: Run, parsed: argparse.Namespace, teller: Teller) -> None:
    for check in run.checks:
        if check.failed:
            teller.say(f"FAILED pre-sync check '{check.name}': {check.detail}")
            if parsed.ci:
                teller.annotate(f"{check.name}: {check.detail}", teller.file, check.line)
        elif check.skipped is not None:
            teller.say(f"skipped: pre-sync check '{check.name}': {check.skipped}")
    if run.outcomes:
        teller.end(run)
    if parsed.summary_json:
        _save(run, Path(parsed.summary_json))
    if parsed.json:
        sys.stdout.write(_text(run))


def _save(run: Run, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_text(run), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"--summary-json {path}: {error.strerror}") from None


def _text(run: Run) -> str:
    return json.dumps(summary.document(run), indent=2, ensure_ascii=True) + "\n"
