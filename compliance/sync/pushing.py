"""A push: inputs that the other side has not confirmed yet are handed over, and what it confirms is recorded.

Each confirmation counts on its own: a push that fails half way is not begun again from the start. What a run that was
killed had confirmed is recorded by the next one.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.sync import scanning, state, trees
from compliance.sync.model import Change, Moved, TargetFailed
from compliance.sync.pulling import ended, passing
from compliance.sync.repository import shown
from compliance.sync.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from compliance.sync.model import Job

_SHOWN = 10  # paths that a message names


class _Confirmed(NamedTuple):
    """What was confirmed, and what is wrong with how that was said."""

    ids: Mapping[str, str]
    problem: str | None


def push(job: Job) -> Moved:
    """Send what is new, record what is confirmed. Raises `TargetFailed`, also where a part was confirmed."""
    folder = job.store / "pushing" / job.target.name
    if not job.dry_run:
        _absorb(job, folder)
    before = state.read(job.repository, job.target.name) or State()
    pending = _pending(job, before)
    _guard(job, before, pending)
    if not pending:
        return Moved("nothing new to send", changes=(), idempotent=None if job.dry_run else True)
    if job.dry_run or job.options.fail_on_diff or job.target.fail_on_diff:
        return _preview(job, pending)
    scanning.refuse(job, _sent(job.tree, pending))
    output = _send(job, folder, before, pending)
    return Moved(f"sent {counted(pending)}", changes=pending, idempotent=_left_nothing(job), output=output)


def counted(changes: Sequence[Change]) -> str:
    """Such as `2 added, 1 deleted`."""
    kinds = [change.change for change in changes]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in ("added", "changed", "deleted") if kind in kinds)


def _pending(job: Job, before: State) -> tuple[Change, ...]:
    """All that the other side has not confirmed in just this form, in the order of paths."""
    now = trees.digests(job.tree, job.target.inputs)
    new = [
        Change(path, "changed" if path in before.digests else "added", digest)
        for path, digest in now.items()
        if before.digests.get(path) != digest
    ]
    gone = [Change(path, "deleted") for path in before.digests if path not in now]
    return tuple(sorted([*new, *gone]))


def _guard(job: Job, before: State, pending: Sequence[Change]) -> None:
    """An empty source is more often a fault than a wish, and so are many deletions."""
    gone = [change.path for change in pending if change.change == "deleted"]
    if len(gone) == len(before.digests) == len(pending) and not job.target.allow_empty:
        raise TargetFailed(
            "no file is named by its inputs: an empty source is refused (allow_empty)", line=job.target.line
        )
    if len(gone) > job.target.max_deletes:
        raise TargetFailed(
            f"{len(gone)} files would be deleted on the other side, max_deletes is {job.target.max_deletes}:"
            f" {named(gone)}",
            line=job.target.line,
        )


def named(paths: Sequence[str]) -> str:
    more = f" … and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(map(shown, paths[:_SHOWN])) + more


def _sent(tree: Path, pending: Sequence[Change]) -> list[str]:
    """What the other side would get to read: of a link also the file at its end, which need not be an input."""
    paths = [change.path for change in pending if change.change != "deleted"]
    ends = [(tree / path).resolve() for path in paths if (tree / path).is_symlink()]
    return [*paths, *(end.relative_to(tree.resolve()).as_posix() for end in ends)]


def _preview(job: Job, pending: tuple[Change, ...]) -> Moved:
    diff = "".join(f"{change.change:8} {shown(change.path)}\n" for change in pending)
    if job.options.fail_on_diff or job.target.fail_on_diff:
        raise TargetFailed(
            f"differs from what the other side has: {counted(pending)} (fail_on_diff)", output=diff
        )
    return Moved(f"would send {counted(pending)}", changes=pending, diff=diff)


def _send(job: Job, folder: Path, before: State, pending: tuple[Change, ...]) -> str:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    listed = [{"path": c.path, "sha256": c.sha256, "change": c.change} for c in pending]
    trees.put(folder / "inputs.json", json.dumps(listed, indent=1).encode())
    env = {"SYNC_INPUTS": str(folder / "inputs.json"), "SYNC_CONFIRMED": str(folder / "confirmed.json")}
    completed = job.execute(job.command, cwd=job.tree, env=env)
    confirmed = _read(folder / "confirmed.json", pending)
    state.record(job.repository, job.target.name, _after(before, pending, confirmed.ids))
    shutil.rmtree(folder)
    problems = [
        "did not end in its time" if completed.timed_out else "",
        ended(job, completed) if completed.code and not completed.timed_out else "",
        confirmed.problem or "",
        _unconfirmed(pending, confirmed.ids),
    ]
    if any(problems):
        said = "; ".join(filter(None, problems))
        raise TargetFailed(
            f"{said}; {len(confirmed.ids)} of {len(pending)} confirmed and recorded", output=completed.tail,
            passing=completed.timed_out or passing(job.target, completed.code),
        )  # fmt: skip
    return completed.tail


def _unconfirmed(pending: Sequence[Change], ids: Mapping[str, str]) -> str:
    left = [change.path for change in pending if change.path not in ids]
    return f"the other side did not confirm {named(left)}" if left else ""


def _read(path: Path, pending: Sequence[Change]) -> _Confirmed:
    """What the entrypoint wrote. Only what it was asked to send can be confirmed."""
    try:
        found: Any = json.loads(path.read_bytes())
    except FileNotFoundError:
        return _Confirmed({}, "wrote nothing to SYNC_CONFIRMED")
    except (OSError, ValueError, RecursionError):
        return _Confirmed({}, "what it wrote to SYNC_CONFIRMED is not JSON")
    entries = found.get("confirmed") if isinstance(found, dict) else None
    if not isinstance(entries, dict):
        return _Confirmed({}, "SYNC_CONFIRMED has to hold {'confirmed': {path: id of the other side}}")
    asked = {change.path for change in pending}
    ids = {p: i for p, i in entries.items() if p in asked and isinstance(i, str) and i.strip()}
    wrong = sorted(entries.keys() - ids.keys())
    return _Confirmed(ids, f"confirmed without an id, or unasked: {named(wrong)}" if wrong else None)


def _after(before: State, pending: Sequence[Change], ids: Mapping[str, str]) -> State:
    digests, known = dict(before.digests), dict(before.ids)
    for change in pending:
        if change.path not in ids:
            continue
        if change.sha256 is None:
            digests.pop(change.path, None)
            known.pop(change.path, None)
        else:
            digests[change.path], known[change.path] = change.sha256, ids[change.path]
    return replace(before, digests=digests, ids=known)


def _absorb(job: Job, folder: Path) -> None:
    """What the other side confirmed to a run that was killed before it could record it."""
    if not folder.is_dir():
        return
    try:
        listed = json.loads((folder / "inputs.json").read_bytes())
        pending = tuple(Change(each["path"], each["change"], each["sha256"]) for each in listed)
    except (OSError, ValueError):
        pending = ()
    ids = _read(folder / "confirmed.json", pending).ids
    if ids:
        before = state.read(job.repository, job.target.name) or State()
        state.record(job.repository, job.target.name, _after(before, pending, ids))
    shutil.rmtree(folder)


def _left_nothing(job: Job) -> bool:
    """Idempotent: were it to begin again, there would be nothing to send, nor has it written to what it reads."""
    if not job.target.idempotent:
        return True
    left = _pending(job, state.read(job.repository, job.target.name) or State())
    if left:
        raise TargetFailed(f"a second run would send again: {named([change.path for change in left])}")
    return True
