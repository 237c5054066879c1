"""Two sides that are kept equal: read both, merge three-way, write both, and read again to see that it is so.

The entrypoint knows how the sides look; it brings them into comparable files (`SYNC_PHASE=read`: `SYNC_OURS` and
`SYNC_THEIRS`) and makes them be what was merged (`SYNC_PHASE=write`: `SYNC_MERGED`). What is merged is decided here.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NamedTuple

from compliance.sync import backups, environment, keeping, merging, reports, scanning, state, trees, wellformed
from compliance.sync.merging import Version
from compliance.sync.model import Moved, TargetFailed
from compliance.sync.pulling import ended, passing
from compliance.sync.repository import shown
from compliance.sync.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from compliance.sync.merging import Plan
    from compliance.sync.model import Job


class _Seen(NamedTuple):
    """Both sides as the entrypoint shows them, and the folder that holds them."""

    ours: Mapping[str, Version]
    theirs: Mapping[str, Version]
    folder: Path
    output: str


def sync(job: Job) -> Moved:
    """Make both sides equal. Raises `TargetFailed`; then what is outside of the repository is as it was."""
    target = job.target
    outside = environment.outside(job.file, target, job.given)
    report = reports.Report(job)
    if not job.dry_run:
        backups.restore(job.store, target.name)
    seen = _read(job, "first", report)
    base = state.read(job.repository, target.name)
    plan = merging.plan(base.digests if base else None, seen.ours, seen.theirs, target.conflict)
    drift = tuple(f"{shown(each.name)}: {each.shown}" for each in plan.differences)
    _guard(job, seen, plan, drift)
    merged = {
        name: (seen.ours if side == "ours" else seen.theirs)[name].digest for name, side in plan.merged.items()
    }
    if not plan.differences:
        report.write(drift)
        return _moved(job, "both sides are equal", base, merged, seen.output)
    if job.dry_run or job.options.fail_on_diff or target.fail_on_diff:
        return _preview(job, drift)
    _write(job, seen, plan, outside, merged, report)
    report.write(drift)
    return _moved(job, f"{reports.counted(drift)} settled", base, merged, seen.output, drift)


def _moved(
    job: Job, message: str, base: State | None, merged: Mapping[str, str], output: str, drift: tuple[str, ...] = ()
) -> Moved:  # fmt: skip
    name = job.target.name

    def keep() -> None:
        # In this order: were the state recorded first, a crash between the two would restore an old file, which
        # then looked as if the other side had changed it back.
        keeping.retain(job.store, name, base, State(merged))
        state.record(job.repository, name, State(merged))

    def undo() -> None:
        backups.restore(job.store, name)

    return Moved(message, drift=drift, idempotent=True, output=output, keep=keep, undo=undo)


def _preview(job: Job, drift: tuple[str, ...]) -> Moved:
    diff = "".join(line + "\n" for line in drift)
    if job.options.fail_on_diff or job.target.fail_on_diff:
        raise TargetFailed(f"the sides differ in {len(drift)} files (fail_on_diff)", output=diff)
    return Moved(f"would settle {reports.counted(drift)}", drift=drift, diff=diff)


def _read(job: Job, name: str, report: reports.Report) -> _Seen:
    """Both sides now. A time that the entrypoint did not set is that of the copy, and tells nothing."""
    folder = job.scratch / "both" / name
    shutil.rmtree(folder, ignore_errors=True)
    for side in ("ours", "theirs"):
        (folder / side).mkdir(parents=True)
    began = (folder / "theirs").stat().st_mtime_ns
    output = _run(job, "read", folder, report)
    ours, theirs = (_side(folder / side, began) for side in ("ours", "theirs"))
    return _Seen(ours, theirs, folder, output)


def _run(job: Job, phase: str, folder: Path, report: reports.Report) -> str:
    env = {
        "SYNC_PHASE": phase,
        "SYNC_OURS": str(folder / "ours"),
        "SYNC_THEIRS": str(folder / "theirs"),
        "SYNC_REPORT": str(report.path),
    }
    if phase == "write":
        env["SYNC_MERGED"] = str(folder / "merged")
    completed = job.execute(job.command, cwd=job.tree, env=env)
    if completed.timed_out:
        raise TargetFailed(f"{phase}: did not end in its time", output=completed.tail, passing=True)
    if completed.code:
        raise TargetFailed(
            f"{phase}: {ended(job, completed)}", output=completed.tail,
            passing=passing(job.target, completed.code),
        )  # fmt: skip
    return completed.tail


def _side(folder: Path, began: int) -> dict[str, Version]:
    found: dict[str, Version] = {}
    for name in sorted(wellformed.files(folder)):
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise TargetFailed(f"read: {shown(name)} is no plain file; only such can be compared")
        changed_at = path.stat().st_mtime_ns
        found[name] = Version(trees.sha256(path), changed_at if changed_at < began else None)
    return found


def _guard(job: Job, seen: _Seen, plan: Plan, drift: tuple[str, ...]) -> None:
    """Before anything is written: what must not be settled by a program."""
    target, listed = job.target, "\n".join(drift)
    for side, versions in (("ours", seen.ours), ("theirs", seen.theirs)):
        if not versions and not target.allow_empty:
            raise TargetFailed(f"{side} is empty: refused (allow_empty)", output=listed, line=target.line)
    if plan.conflicts:
        names = ", ".join(shown(each.name) for each in plan.conflicts[:10])
        raise TargetFailed(f"{len(plan.conflicts)} conflicts: {names}", output=listed, line=target.line)
    deleted = [each.name for each in plan.differences if each.deleted]
    if len(deleted) > target.max_deletes:
        raise TargetFailed(
            f"{len(deleted)} files would be deleted, max_deletes is {target.max_deletes}",
            output=listed,
            line=target.line,
        )
    for name in plan.merged:
        above = [name[:place] for place, sign in enumerate(name) if sign == "/"]
        if inside := next((each for each in above if each in plan.merged), None):
            raise TargetFailed(
                f"{shown(inside)} is a file on one side and a folder on the other", output=listed
            )


def _write(
    job: Job, seen: _Seen, plan: Plan, outside: list[str], merged: Mapping[str, str], report: reports.Report
) -> None:
    """Backed up first; whatever goes wrong, also Ctrl-C, is put back before it is told."""
    folder = seen.folder / "merged"
    for name, side in plan.merged.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(seen.folder / side / name, folder / name)
    folder.mkdir(exist_ok=True)
    scanning.refuse(job, [each.name for each in plan.differences if each.name in plan.merged], folder)
    if outside:
        backups.keep(job.store, job.target.name, outside, job.repository)
    try:
        _run(job, "write", seen.folder, report)
        _equal(_read(job, "second", report), merged)
    except BaseException:
        backups.restore(job.store, job.target.name)
        raise


def _equal(again: _Seen, merged: Mapping[str, str]) -> None:
    """Both sides are what was merged; so a second run would find nothing to do."""
    for side, versions in (("ours", again.ours), ("theirs", again.theirs)):
        now = {name: version.digest for name, version in versions.items()}
        wrong = sorted(name for name in now.keys() | merged.keys() if now.get(name) != merged.get(name))
        if wrong:
            names = ", ".join(map(shown, wrong[:10]))
            raise TargetFailed(
                f"after the write {side} is not what was merged: {names}; all of it was taken back"
            )
