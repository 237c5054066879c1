"""What taking a run back would do, judged before anything is done: document 003, roadmap ('Sync history and rollback').

What has landed is in a commit, and goes back path by path; of two sides the files outside of the repository go with it,
where they are kept. What is not any more as that run left it is somebody's since, and refuses the whole rollback. What
another side was handed stays there: no commit of ours takes it back.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.errors import ConfigurationError, Refused
from compliance.sync import committing, history, rollback_both
from compliance.sync.changes import listed
from compliance.sync.repository import GitFailed, git, shown
from compliance.sync.rollback_both import No

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from compliance.sync.committing import Entry
    from compliance.sync.history import Past
    from compliance.sync.repository import Repository
    from compliance.sync.rollback_both import Other
    from compliance.systems.directional_sync.syncfile import SyncFile


class Step(NamedTuple):
    """Of one target: these paths become what they are in the commit `before`; `other`: of two sides, the other."""

    target: str
    before: str
    entries: tuple[Entry, ...]
    other: Other | None


class Plan(NamedTuple):
    """`landed`: did the run land anything at all, of what was asked for? Without steps it is back already."""

    steps: tuple[Step, ...]
    landed: bool


def plan(found: Repository, file: SyncFile, runs: Sequence[Past], run: Past, patterns: Sequence[str]) -> Plan:
    """Raises `Refused` with all that stands in the way: a rollback of a half would be a third state."""
    results = history.chosen(run, patterns)
    if not results:
        raise ConfigurationError(
            f"--target {' '.join(patterns)}: no target of {run.id}",
            remedy="there are: " + ", ".join(shown(result["target"]) for result in run.results),
        )
    steps, reasons = [], []
    effects = [result for result in results if _landed(found.root, run, result)]
    for result in reversed(effects):
        try:
            steps += _of_target(found, file, runs, run, result)
        except No as no:
            reasons.append(f"{shown(result['target'])}: {no}")
    if reasons:
        others = [
            r["target"] for r in effects if not any(s.startswith(f"{shown(r['target'])}: ") for s in reasons)
        ]
        left = f", or leave it out: --target {' '.join(others)}" if others else ""
        raise Refused(
            f"{run.id} cannot be rolled back; nothing was changed", reasons=reasons,
            remedy=f"put that right{left}",
        )  # fmt: skip
    return Plan(tuple(steps), bool(effects))


def _landed(root: Path, run: Past, result: Mapping[str, Any]) -> bool:
    """Did it have an effect, here or on another side? A push that failed half way did."""
    if result["dry_run"]:
        return False
    count = run.facts.get(result["target"], {}).get("changed", 0)
    return bool(result["commit"] or result["drift"] or count) or _state_moved(root, run, result["target"])


def _state_moved(root: Path, run: Past, target: str) -> bool:
    names = "".join(f"{run.state[when]}:{target}.json\n" for when in ("before", "after"))
    before, after = git(root, "cat-file", "--batch-check=%(objectname)", given=names.encode()).splitlines()
    return before != after and not (before.endswith(" missing") and after.endswith(" missing"))


def _of_target(
    found: Repository, file: SyncFile, runs: Sequence[Past], run: Past, result: Mapping[str, Any]
) -> list[Step]:
    name, commit = result["target"], result["commit"]
    if result["direction"] == "push":
        raise No("it was handed to the other side, which alone can take it back; the recorded state is kept")
    if commit is None and not run.facts[name]["git_commit"]:
        raise No("its files are in no commit (git_commit: false)")
    if name not in file.targets:
        raise No("it is no target of sync.yaml any more" + (f" (`git revert {commit[:10]}`)" if commit else ""))
    before, left = ("", ()) if commit is None else _back(found.root, runs, run, result)
    pull = result["direction"] == "pull"
    other = None if pull else rollback_both.judge(found, run, file.targets[name], result)
    return [Step(name, before, left, other)] if left or other else []


def _back(
    root: Path, runs: Sequence[Past], run: Past, result: Mapping[str, Any]
) -> tuple[str, tuple[Entry, ...]]:
    """What its commit has changed and is not back yet, and the commit before it."""
    there = _in_branch(root, run, result["target"], result["commit"])
    try:
        entries = committing.delta(root, f"{there}^", there)
    except GitFailed:
        raise No(f"what was before its commit {there[:10]} is not here (`git fetch --unshallow`)") from None
    _refuse_since(root, runs, run, there, entries)
    differ = {entry.path for entry in committing.delta(root, f"{there}^", "HEAD")}
    return f"{there}^", tuple(entry for entry in entries if entry.path in differ)


def _in_branch(root: Path, run: Past, target: str, commit: str) -> str:
    """The commit, or what a rebase has made of it: the same subject, made while the run was at work."""
    if _is_in(root, commit):
        return commit
    first = int(datetime.fromisoformat(run.when).timestamp())
    last = first + run.summary["total_duration"] + 1
    subject = run.facts[target]["subject"].partition("\n")[0]
    told = git(root, "log", f"--since={first - 1}", "-z", "--format=%H %at %s", "HEAD").split("\0")
    lines = [line.split(" ", 2) for line in told if line]
    found = [oid for oid, at, said in lines if said == subject and first <= int(at) <= last]
    if len(found) != 1:
        raise No(f"its commit {commit[:10]} is not in the branch that is checked out")
    return found[0]


def _is_in(root: Path, commit: str) -> bool:
    try:
        git(root, "merge-base", "--is-ancestor", commit, "HEAD")
    except GitFailed:
        return False
    return True


def _refuse_since(root: Path, runs: Sequence[Past], run: Past, commit: str, entries: Iterable[Entry]) -> None:
    """What is neither as the run left it nor as it was before; a folder where a file is to be, and the reverse."""
    since = {entry.path for entry in committing.delta(root, commit, "HEAD")}
    back = {entry.path for entry in committing.delta(root, f"{commit}^", "HEAD")}
    own = {entry.path for entry in entries}
    changed = {path for path in own if path in since and path in back}
    coming = [entry.path for entry in entries if entry.there_before and entry.path in back]
    changed |= {path for path in since - own if any(_in_the_way(path, each) for each in coming)}
    if changed:
        raise No(f"changed again since: {listed(sorted(changed))}{_by_whom(root, runs, run, commit, changed)}")


def _in_the_way(path: str, coming: str) -> bool:
    return path.startswith(f"{coming}/") or coming.startswith(f"{path}/")


def _by_whom(root: Path, runs: Sequence[Past], run: Past, commit: str, paths: Iterable[str]) -> str:
    """The run to take back first, or the commit of a person."""
    newest = git(
        root, "--literal-pathspecs", "log", "-1", "--format=%H", f"{commit}..HEAD", "--", *sorted(paths)[:50]
    ).strip()
    for later in runs:
        if later.when >= run.when and any(result["commit"] == newest for result in later.results):
            return f" (by {later.id}: roll that back first)"
    return f" (by commit {newest[:10]}: revert that first)" if newest else ""
