"""`sync.yaml`: document 003, 'Configuration File'. What it says is checked whole before anything runs."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from compliance.systems.directional_sync import checking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
# Keys that would have no effect on a target of a direction are refused there: a person who wrote one expects some.
_IDLE: Mapping[Direction, tuple[str, ...]] = {
    "pull": ("inputs", "outside", "conflict"),
    "push": ("outputs", "outside", "conflict", "git_commit"),
    "bidirectional": ("inputs", "idempotent"),  # both sides are always read again after a write
}
# What stands in a target as it does in `defaults`.
_ALIKE = (
    "dry_run", "fail_on_diff", "idempotent", "git_commit", "timeout", "conflict", "max_deletes", "allow_empty",
    "retries",
)  # fmt: skip
_NEEDED: Mapping[Direction, str] = {"pull": "outputs", "push": "inputs", "bidirectional": "outputs"}


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
    """One thing that is kept in step, by an executable of the repository or a connector. `timeout`: seconds; `config`:
    values with `$NAME`, which are expanded when it runs; `env`: names of variables that its commands may see beside
    PATH, HOME, LANG and USER; `priority`: who has the higher one begins first; `retries`: how often it is begun again
    where the other side failed."""

    name: str
    direction: Direction
    description: str
    entrypoint: str | None
    connector: str | None
    schedule: str | None
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
class SyncFile:
    """All of it, targets in the order of the file. `branch`: where pulls are committed; none: the one that is out.

    `requirements`: what the workflow installs the runner from, a file of pip in the repository.
    """

    branch: str | None
    message: str
    requirements: str
    targets: Mapping[str, Target]
    secret_patterns: tuple[re.Pattern[str], ...]
    secret_baseline: str | None
    pre_sync_checks: tuple[Check, ...]
    post_sync_checks: tuple[Check, ...]
    drift_gates: tuple[Gate, ...]
    document: Document = field(repr=False, compare=False)

    @property
    def entrypoints(self) -> dict[str, str]:
        """The name of a target by its entrypoint."""
        return {t.entrypoint: t.name for t in self.targets.values() if t.entrypoint is not None}

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


def parse(document: Document) -> SyncFile:
    """A document that keeps the schema, as values; raises `ConfigurationError` with the line."""
    found = build(document)
    for problem in checking.problems(found):
        raise document.error(problem.message, *problem.place)
    return found


def build(document: Document) -> SyncFile:
    """Its values, whether or not they go together (`checking.problems`)."""
    value = document.value
    safety = value.get("safety", {})
    git = value.get("git", {})
    return SyncFile(
        git.get("branch"),
        git.get("message", "chore(sync): {target}"),
        value.get("workflow", {}).get("requirements", ".insightpulse/requirements.txt"),
        {name: _target(document, name) for name in value["targets"]},
        tuple(_regex(document, number) for number in range(len(safety.get("secret_patterns", [])))),
        safety.get("secret_baseline"),
        tuple(_check(document, "pre_sync_checks", n) for n in range(len(safety.get("pre_sync_checks", [])))),
        tuple(_check(document, "post_sync_checks", n) for n in range(len(safety.get("post_sync_checks", [])))),
        tuple(_gate(document, n) for n in range(len(safety.get("drift_gates", [])))),
        document,
    )


def _target(document: Document, name: str) -> Target:
    value = document.value["targets"][name]
    whole = {**DEFAULTS, **document.value.get("defaults", {}), **value}
    direction: Direction = whole["direction"]
    for key in _IDLE[direction]:
        if key in value:
            raise document.error(f"{name}: '{key}' has no effect on a {direction}", "targets", name, key)
    if _NEEDED[direction] not in value:
        raise document.error(f"{name}: a {direction} names its {_NEEDED[direction]}", "targets", name)
    entrypoint = value.get("entrypoint")
    if (entrypoint is None) == ("connector" not in value):
        text = f"{name}: names an entrypoint of the repository or a connector, and one of the two alone"
        raise document.error(text, "targets", name)
    env = (*document.value.get("defaults", {}).get("env", ()), *value.get("env", ()))
    return Target(
        name=name,
        direction=direction,
        description=value["description"],
        entrypoint=None if entrypoint is None else _path(entrypoint),
        connector=value.get("connector"),
        schedule=value.get("schedule"),
        config=value.get("config", {}),
        priority=value.get("priority", 0),
        env=tuple(dict.fromkeys(env)),
        line=document.line("targets", name),
        verification=_verification(value.get("verification")),
        depends_on=tuple(value.get("depends_on", ())),
        inputs=tuple(value.get("inputs", ())),
        outputs=tuple(value.get("outputs", ())),
        outside=tuple(value.get("outside", ())),
        **{key: whole[key] for key in _ALIKE},
    )


def _verification(value: Any) -> Verification | None:
    if value is None:
        return None
    return Verification(
        _command(value["command"]) if "command" in value else None,
        value.get("expected_min"),
        value.get("expected_max"),
        value.get("expected_exit_code", 0),
        value.get("schemas", {}),
    )


def _command(value: str | Sequence[str]) -> Command:
    return Command(value, ()) if isinstance(value, str) else Command(None, tuple(value))


def _words(text: str) -> list[str]:
    """Of a shell's text: signs such as `|` and `;` end a word, quotes hold one together."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        return [part for word in lexer for part in (word, *word.split())]
    except ValueError:
        return text.split()


def _check(document: Document, kind: str, number: int) -> Check:
    value = document.value["safety"][kind][number]
    return Check(
        value["name"], _command(value["command"]), frozenset(value.get("targets", ())),
        value.get("skip_on_pull", False), value.get("skip_on_push", False), value.get("expected_exit_code", 0),
        document.line("safety", kind, number),
    )  # fmt: skip


def _gate(document: Document, number: int) -> Gate:
    value = document.value["safety"]["drift_gates"][number]
    return Gate(
        value["name"], _command(value["command"]), frozenset(value.get("targets", ())),
        value.get("skip_on_pull", False), value.get("skip_on_push", False), value.get("min_value"),
        value.get("max_drift_score"), document.line("safety", "drift_gates", number),
    )  # fmt: skip


def _concerns(check: Check | Gate, target: Target) -> bool:
    skipped = {"pull": check.skip_on_pull, "push": check.skip_on_push}.get(target.direction, False)
    return not skipped and (not check.targets or target.name in check.targets)


def _regex(document: Document, number: int) -> re.Pattern[str]:
    """Case counts for nobody who looks for a word such as `password`."""
    text = document.value["safety"]["secret_patterns"][number]
    try:
        found = re.compile(text, re.IGNORECASE)
    except re.error as error:
        place = ("safety", "secret_patterns", number)
        raise document.error(f"secret_patterns: '{text}' is no regular expression: {error}", *place) from None
    if found.search(""):
        raise document.error(
            f"secret_patterns: '{text}' matches everything", "safety", "secret_patterns", number
        )
    return found


def _path(text: str) -> str:
    return PurePosixPath(text).as_posix()
