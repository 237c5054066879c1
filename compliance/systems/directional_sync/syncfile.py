"""`sync.yaml`: document 003, 'Configuration File'. What it says is checked whole before anything runs."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.estate.document import Document

Direction: TypeAlias = Literal["pull", "push", "bidirectional"]
Conflict: TypeAlias = Literal["fail", "ours", "theirs", "newer"]
SCHEMA = Path(__file__).with_name("sync.schema.json")
VARIABLE = re.compile(
    r"\$(?:\$|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})"
)  # in `config`, `outside`
DEFAULTS: Mapping[str, Any] = {
    "direction": "bidirectional",
    "dry_run": False,
    "fail_on_diff": False,
    "idempotent": True,
    "git_commit": True,
    "timeout": 600,
    "conflict": "fail",
    "max_deletes": 100,
    "allow_empty": False,
    "retries": 0,
    "env": [],
}


@dataclass(frozen=True, slots=True)
class Command:
    """A text for bash, whose pipes fail where one of their commands does, or words that run without a shell."""

    text: str | None
    words: tuple[str, ...]

    @property
    def argv(self) -> tuple[str, ...]:
        return self.words if self.text is None else ("bash", "-o", "pipefail", "-c", self.text)

    @property
    def shown(self) -> str:
        return shlex.join(self.words) if self.text is None else self.text

    @property
    def names(self) -> frozenset[str]:
        """All that stands as a word of it, as paths are compared."""
        words = self.words if self.text is None else _words(self.text)
        return frozenset(PurePosixPath(word).as_posix() for word in words if word)


@dataclass(frozen=True, slots=True)
class Verification:
    """What the outputs have to be. `schemas`: by glob of outputs the JSON Schema in the repository that they keep."""

    command: Command | None
    expected_min: float | None
    expected_max: float | None
    expected_exit_code: int
    schemas: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Check:
    """A command and how it has to end. `targets`: of these alone; none named: of all."""

    name: str
    command: Command
    targets: frozenset[str]
    skip_on_pull: bool
    skip_on_push: bool
    expected_exit_code: int
    line: int

    def concerns(self, target: Target) -> bool:
        return _concerns(self, target)


@dataclass(frozen=True, slots=True)
class Gate:
    """A command that prints a number, or `drift_score=N`, and the bound that it has to keep."""

    name: str
    command: Command
    targets: frozenset[str]
    skip_on_pull: bool
    skip_on_push: bool
    min_value: float | None
    max_drift_score: float | None
    line: int

    def concerns(self, target: Target) -> bool:
        return _concerns(self, target)


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that is kept in step, by an executable of the repository or a connector.

    `timeout`: seconds; `config`: values with `$NAME`, which are expanded when it runs; `env`: names of variables that
    its commands may see beside PATH, HOME, LANG and USER; `repository`: which one all its paths are of, none: the
    one of the file; `priority`: who has the higher one begins first; `retries`: how often it is begun again where the
    other side failed.
    """

    name: str
    direction: Direction
    description: str
    entrypoint: str | None
    connector: str | None
    schedule: str | None
    repository: str | None
    priority: int
    depends_on: tuple[str, ...]
    config: Mapping[str, Any]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    outside: tuple[str, ...]
    verification: Verification | None
    dry_run: bool
    fail_on_diff: bool
    idempotent: bool
    git_commit: bool
    timeout: float
    conflict: Conflict
    max_deletes: int
    allow_empty: bool
    retries: int
    env: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another repository of this machine: `path` from the root of the one that holds the file, with `$NAME`. `branch`:
    where pulls are committed there; none: the one that is out."""

    path: str
    branch: str | None


@dataclass(frozen=True, slots=True)
class Notification:
    """Who is told of a run, and of which. `url_env`: the variable of the environment that holds the address, which is
    a secret: whoever has it may write there."""

    name: str
    kind: Literal["webhook", "slack", "mattermost"]
    url_env: str
    on: frozenset[str]


@dataclass(frozen=True, slots=True)
class SyncFile:
    """All of it, targets in the order of the file. `branch`: where pulls are committed; none: the one that is out.

    `requirements`: what the workflow installs the runner from, a file of pip in the repository.
    """

    branch: str | None
    message: str
    requirements: str
    repositories: Mapping[str, Elsewhere]
    notifications: tuple[Notification, ...]
    targets: Mapping[str, Target]
    secret_patterns: tuple[re.Pattern[str], ...]
    secret_baseline: str | None
    pre_sync_checks: tuple[Check, ...]
    post_sync_checks: tuple[Check, ...]
    drift_gates: tuple[Gate, ...]
    document: Document = field(repr=False, compare=False)

    @property
    def entrypoints(self) -> dict[str, str]:
        """The name of a target by its entrypoint, of this repository."""
        here = (t for t in self.targets.values() if t.repository is None)
        return {t.entrypoint: t.name for t in here if t.entrypoint is not None}

    def ordered(self) -> tuple[Target, ...]:
        """Each after all that it depends on, else by priority, else in the order of the file."""
        done: dict[str, Target] = {}
        first = sorted(self.targets, key=lambda name: -self.targets[name].priority)
        todo = first[::-1]  # a list of its own: a chain may be longer than Python's stack
        while todo:
            target = self.targets[todo[-1]]
            waiting = [name for name in target.depends_on if name not in done]
            todo += waiting[::-1]
            if not waiting:
                done.setdefault(target.name, target)
                todo.pop()
        return tuple(done.values())


def _words(text: str) -> list[str]:
    """Of a shell's text: signs such as `|` and `;` end a word, quotes hold one together."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        return [part for word in lexer for part in (word, *word.split())]
    except ValueError:
        return text.split()


def _concerns(check: Check | Gate, target: Target) -> bool:
    skipped = {"pull": check.skip_on_pull, "push": check.skip_on_push}.get(target.direction, False)
    return not skipped and (not check.targets or target.name in check.targets)
