"""What the parts of the runner hand each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from compliance.sync import connectors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from threading import Event

    from compliance.sync.folders import Folders
    from compliance.sync.process import Execute
    from compliance.systems.directional_sync.syncfile import Direction, SyncFile, Target

Kind = Literal["added", "changed", "deleted"]
CheckKind = Literal["pre_sync", "post_sync", "drift_gate", "verification", "secrets"]


class TargetFailed(Exception):
    """A target did not do what it has to; nothing of it lands. `output`: the end of what its command said; `passing`:
    its command failed, which another time may not happen."""

    def __init__(
        self, message: str, *, output: str = "", file: str | None = None, line: int | None = None,
        passing: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.message = message
        self.output = output
        self.file = file
        self.line = line
        self.passing = passing


class Change(NamedTuple):
    """A path, relative to the repository. `sha256`: of its content; None where it is deleted."""

    path: str
    change: Kind
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """A check and how it ended. `skipped`: why it was not looked at (then `passed` is False, and it fails nothing)."""

    kind: CheckKind
    name: str
    passed: bool
    detail: str = ""
    skipped: str | None = None
    value: float | None = None
    line: int | None = None

    @property
    def failed(self) -> bool:
        return not self.passed and self.skipped is None


@dataclass(frozen=True, slots=True)
class Options:
    """The words of the command line that change what a run does."""

    dry_run: bool = False
    verify: bool = False
    fail_on_diff: bool = False
    ci: bool = False
    verbose: bool = False
    jobs: int = 1


@dataclass(frozen=True)
class Job:
    """One target at work.

    `tree`: the throw-away worktree, folder of every command; `scratch`: a folder of the job alone, beside the tree,
    for the files of the protocol; `store`: `directional-sync` in git's common folder, where backups outlive a run;
    `repository`: the main tree, only to be read; `execute` knows the target's environment and time limit;
    `given`: the runner's own environment; `mark`: what its commands are found by; `folders`: what names the tree has;
    `stop`: set where somebody asked the runner to stop.
    """

    file: SyncFile
    target: Target
    tree: Path
    scratch: Path
    store: Path
    repository: Path
    execute: Execute
    options: Options
    given: Mapping[str, str]
    mark: Mapping[str, str] = field(default_factory=dict)
    folders: Folders | None = None
    stop: Event | None = None

    @property
    def dry_run(self) -> bool:
        return self.options.dry_run or self.target.dry_run

    @property
    def message(self) -> str:
        """Of its commit."""
        return self.file.message.replace("{target}", self.target.name)

    @property
    def command(self) -> tuple[str, ...]:
        """Its entrypoint, or its connector; never through a shell. Its folder is the tree."""
        if self.target.entrypoint is not None:
            return (str(self.tree / self.target.entrypoint),)
        assert self.target.connector is not None
        return connectors.command(self.target.connector)


def _nothing() -> None:
    """Where nothing has to be kept or taken back."""


class Told(NamedTuple):
    """What a pull tells of itself (`partly`). `failed`: a line for each part that failed; `passing`: another time they
    may not; `tolerated`: they fail nothing."""

    message: str = ""
    failed: tuple[str, ...] = ()
    passing: bool = False
    tolerated: bool = False

    @property
    def incomplete(self) -> bool:
        """Is it so little that the target has failed?"""
        return bool(self.failed) and not self.tolerated

    def behind(self, said: str) -> str:
        """After what the runner says."""
        count = f"{len(self.failed)} failed{', which is tolerated' if self.tolerated else ''}"
        more = [f"{count}: {'; '.join(self.failed)}"] if self.failed else []
        return "; ".join(part for part in (said, self.message, *more) if part)


_NOTHING_TOLD = Told()


@dataclass(frozen=True)
class Moved:
    """What a direction has done before anything lands. `changes`: of a push what was sent (or would be), else None:
    the runner finds out. `keep` is called once all has landed (records the state, drops a backup), `undo` where
    something failed afterwards. `drift`: what differed between two sides, without values. `idempotent`: None where
    nobody looked, as in a dry run of a push.
    """

    message: str
    changes: tuple[Change, ...] | None = None
    drift: tuple[str, ...] = ()
    idempotent: bool | None = None
    diff: str = ""
    output: str = ""
    keep: Callable[[], None] = _nothing
    undo: Callable[[], None] = _nothing
    told: Told = _NOTHING_TOLD


@dataclass(frozen=True)
class Outcome:
    """What became of a target. `repository`: another one than that of the file; `outputs_created`: paths that were not
    there before; `skipped`: checks left out, why; `incomplete`: parts of it that failed while the rest landed."""

    target: str
    direction: Direction
    success: bool
    message: str
    duration: float = 0.0
    outputs_created: tuple[str, ...] = ()
    verification_passed: bool | None = None
    dry_run: bool = False
    ran: bool = True
    repository: str | None = None
    commit: str | None = None
    changed: tuple[Change, ...] = ()
    checks: tuple[Checked, ...] = ()
    drift: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    idempotent: bool | None = None
    diff: str = ""
    output: str = ""
    file: str | None = None
    line: int | None = None


class Notified(NamedTuple):
    """What became of a notification that this run was one for."""

    name: str
    sent: bool
    reason: str | None


@dataclass(frozen=True)
class Run:
    """A run: `checks` are those before anything; `notified`: who was told of it, once it was over."""

    timestamp: str
    duration: float
    options: Options
    outcomes: tuple[Outcome, ...]
    checks: tuple[Checked, ...] = ()
    interrupted: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    notified: tuple[Notified, ...] = ()

    @property
    def exit_code(self) -> int:
        if self.interrupted:
            return 130
        bad = any(check.failed for check in self.checks) or any(not each.success for each in self.outcomes)
        return 1 if bad else 0
