"""Commit what was compiled, and what it wrote, into the governed repository: these files, on the branch checked out.

A separate act with an approval of its own (document 001, section G: a commit needs its own instruction).
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, NamedTuple

from compliance.core.errors import ComplianceError, ConfigurationError, Refused
from compliance.executor import git
from compliance.executor.approvals import granted
from compliance.executor.files import SERVICE
from compliance.executor.plan import PAYLOADS

if TYPE_CHECKING:
    from pathlib import Path

    from compliance.executor.apply import Change
    from compliance.executor.plan import Plan


class Committed(NamedTuple):
    """`revision`: the commit; `folder`: where the files are, relative to the repository."""

    revision: str
    branch: str
    folder: str


def commit(change: Change, plan: Plan) -> Committed:
    """Write the plan's files and commit them, or raise and leave work tree and index as they were."""
    repository = _repository(change)
    folder = f"{change.execution.commit_folder}/{plan.name}/{plan.digest[:12]}"
    with change.ledger.locked():
        there = _git(repository, "ls-tree", "-r", "--name-only", "HEAD", "--", folder, unborn=True)
        if there and any(
            e.kind == "commit" and e.body["plan"]["digest"] == plan.digest for e in change.ledger.entries()
        ):
            raise Refused(
                f"plan {plan.digest[:12]} is committed already, in {folder}", remedy="nothing is left to do"
            )
        grant = granted(plan, "commit", execution=change.execution, ledger=change.ledger, now=change.now)
        branch = _branch(repository)
        # A run that was cut off between commit and ledger is finished, not repeated.
        last = ("log", "-1", "--format=%H", "--", folder)
        revision = (
            _git(repository, *last) if there else _written(repository, folder, plan, _files(change, plan))
        )
        change.at("committed")
        change.ledger.append(
            "commit",
            {
                "change": "commit",
                "plan": {"name": plan.name, "digest": plan.digest},
                "approvals": {"self": grant.self_approved, "by": list(grant.by), "nonces": list(grant.nonces)},
                "revision": revision,
                "branch": branch,
            },
            at_step=change.at,
        )
    return Committed(revision, branch, folder)


def _repository(change: Change) -> Path:
    found = change.estate.repository
    if found is None:
        raise ConfigurationError(f"estate '{change.estate.name}' names no repository in estate.yaml")
    try:
        top = _git(found, "rev-parse", "--show-toplevel")
    except ComplianceError as error:
        raise ConfigurationError(
            f"{found} is not the work tree of a git repository ({error.message})",
            remedy="set repository in estate.yaml to a checkout",
        ) from None
    return found.__class__(top)


def _branch(repository: Path) -> str:
    try:
        return _git(repository, "symbolic-ref", "--short", "HEAD")
    except ComplianceError:
        raise Refused(
            "no branch is checked out", remedy="check out the branch that the commit belongs on"
        ) from None


def _written(repository: Path, folder: str, plan: Plan, files: tuple[str, ...]) -> str:
    """What is staged by somebody else stays staged, and out of this commit."""
    place = repository / folder
    paths = [f"{folder}/{name}" for name in plan.files]
    try:
        place.mkdir(parents=True)
        for name, data in plan.files.items():
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_bytes(data)
        _git(repository, "add", "--force", "--", *paths, *files)
        _git(repository, "commit", "--quiet", "--only", "-m", _message(plan), "--", *paths, *files)
    except BaseException:
        _taken_back(repository, place, paths)
        if files:
            _git(repository, "reset", "--quiet", "--", *files)
        raise
    return _git(repository, "rev-parse", "HEAD")


def _files(change: Change, plan: Plan) -> tuple[str, ...]:
    """Files of the repository that the plan has written, and that are as it wrote them: they go along. One that is not
    there yet, or is another by now, is not its."""
    assert change.estate.repository is not None
    root = change.estate.repository.resolve()
    written = [call for call in plan.calls if call.service == SERVICE and call.method == "PUT"]
    return tuple(str(root / call.path) for call in written if _holds(root / call.path, str(call.body)))


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


def _taken_back(repository: Path, place: Path, paths: list[str]) -> None:
    _git(repository, "rm", "--quiet", "--cached", "--force", "--ignore-unmatch", "--", *paths)
    for path in paths:
        (repository / path).unlink(missing_ok=True)
    for empty in (place / PAYLOADS, place, *place.parents):
        if not empty.exists():
            continue
        if empty == repository or any(empty.iterdir()):
            break
        empty.rmdir()


def _message(plan: Plan) -> str:
    head = f"chore({plan.compiled.system}): {plan.compiled.title}"
    return f"{head}\n\nCompiled for estate {plan.estate}; see REVIEW.md.\n\nPlan: {plan.digest}\n"


def _git(repository: Path, *arguments: str, unborn: bool = False) -> str:
    """git's answer. `unborn`: a branch without a commit answers with nothing."""
    done = subprocess.run(  # noqa: S603 - a list, no shell
        ["git", "-C", str(repository), *arguments],  # noqa: S607 - the user's own git
        env=git.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode and not (unborn and "HEAD" in done.stderr):
        said = [line for line in done.stderr.strip().splitlines() if line.strip()]
        why = (
            "git does not know who commits"
            if "Please tell me who you are" in done.stderr
            else said[0]
            if said
            else ""
        )
        raise ComplianceError(
            f"git {arguments[0]}: {why}",
            remedy="git config user.name and user.email" if "who commits" in why else None,
        )
    return done.stdout.strip()
