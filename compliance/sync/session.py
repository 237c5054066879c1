"""What all targets of one run share."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, TypeAlias

from compliance.sync import environment, partly, process, quick
from compliance.sync.hearing import Ear
from compliance.sync.listening import Listener
from compliance.sync.model import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from compliance.sync.changes import Found
    from compliance.sync.model import Moved, Options
    from compliance.sync.process import Completed
    from compliance.sync.repository import Repository
    from compliance.sync.watching import Watch
    from compliance.sync.worktrees import Tree
    from compliance.systems.directional_sync.syncfile import SyncFile, Target


Mover: TypeAlias = "Callable[[Job, str], tuple[Moved, Found]]"


def nowhere(_: str) -> None:
    """Tests name the steps at which a run is ended."""


@dataclass(frozen=True)
class Session:
    """`given`: the runner's own environment; `at`: told each step; `hooks`: are there any that a commit runs? `author`:
    whoever commits, where git's plumbing may do that; `mover`: what moves instead of the targets' scripts, by job and
    commit to begin from."""

    file: SyncFile
    options: Options
    repository: Repository
    watch: Watch
    given: Mapping[str, str]
    hooks: bool
    redacted: environment.Redaction
    at: Callable[[str], None] = nowhere
    stop: Event = field(default_factory=Event)
    author: quick.Author | None = None
    listener: Listener = field(default_factory=Listener)
    mover: Mover | None = None

    def job(self, target: Target, tree: Tree) -> Job:
        mark = {process.MARK: f"{self.repository.store}:{target.name}:"}
        dry_run = self.options.dry_run or target.dry_run
        env = environment.of_target(self.file, target, self.given, dry_run=dry_run, mark=mark[process.MARK])
        env |= {"SYNC_CACHE": str(self.repository.store / "cache" / target.name)}
        env |= {"SYNC_SCRATCH": str(tree.scratch / "own")}
        if target.direction == "pull":
            env |= {"SYNC_RESULT": str(partly.place(tree.scratch))}
        told = partial(self._line, target.name) if self.listener.hears else None
        execute = partial(_execute, env, target.timeout, self.stop, told)
        return Job(
            self.file, target, tree.path, tree.scratch, self.repository.store, self.repository.root, execute,
            self.options, self.given, mark, tree.known() if target.direction == "pull" else None, self.stop,
        )  # fmt: skip

    def _line(self, target: str, text: str) -> None:
        self.listener.line(target, self.redacted(text))

    def before(self, target: Target, argv: Sequence[str], *, cwd: Path) -> Completed:
        """A check of the main tree, before any target runs: it sees what the target's commands see."""
        mark = f"{self.repository.store}:checks:"
        env = environment.of_target(self.file, target, self.given, dry_run=self.options.dry_run, mark=mark)
        return process.run(argv, cwd=cwd, env=env, timeout=target.timeout, stop=self.stop)


def _execute(
    base: Mapping[str, str], seconds: float, stop: Event, told: Callable[[str], None] | None, argv: Sequence[str], *,
    cwd: Path, env: Mapping[str, str] | None = None, timeout: float | None = None,
) -> Completed:  # fmt: skip
    whole, limit = {**base, **(env or {})}, seconds if timeout is None else timeout
    heard = None if told is None else Ear(told)
    return process.run(argv, cwd=cwd, env=whole, timeout=limit, stop=stop, heard=heard)
