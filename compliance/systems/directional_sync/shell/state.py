"""What a script of bash knows while it is followed, and what is to be found out by following it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from compliance.systems.directional_sync.shell.syntax import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from compliance.systems.directional_sync.shell.syntax import Function

Value: TypeAlias = str | dict[str, str]  # of an array by index, in the order in which they were given
_MOST_WAYS = 256
_MOST_STEPS = 20_000


class Oracle:
    """Answers what cannot be known, once each way: `ways` runs the same again until every answer was given."""

    def __init__(self, answers: list[bool]) -> None:
        self.answers = answers
        self.asked = 0

    def choose(self) -> bool:
        if self.asked == len(self.answers):
            self.answers.append(True)
        self.asked += 1
        return self.answers[self.asked - 1]


def ways() -> Iterator[Oracle]:
    """One oracle for each row of answers; raises `Unreadable` where there are too many."""
    answers: list[bool] = []
    for _ in range(_MOST_WAYS):
        oracle = Oracle(answers)
        yield oracle
        answers = oracle.answers[: oracle.asked]
        while answers and not answers[-1]:
            answers.pop()
        if not answers:
            return
        answers[-1] = False
    raise Unreadable("too much of it depends on what only a run can tell")


@dataclass(frozen=True, slots=True)
class Call:
    """A command that is none of bash's own, where it stands, and whether it was sure that it runs."""

    words: tuple[str, ...]
    line: int


@dataclass(slots=True)
class World:
    """What all shells of a start share. `status`: how a command ends, where that is given; none: not known."""

    clock: datetime
    oracle: Oracle
    status: Callable[[tuple[str, ...]], int | None]
    files: dict[str, str] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    octal: list[tuple[int, str]] = field(default_factory=list)
    steps: int = 0

    def step(self, line: int) -> None:
        self.steps += 1
        if self.steps > _MOST_STEPS:
            raise Unreadable("it runs too long to be followed", line)


@dataclass(slots=True)
class State:
    """Of one shell. A subshell has a copy, so that nothing it sets is seen outside of it."""

    variables: dict[str, Value]
    functions: dict[str, Function] = field(default_factory=dict)
    associative: set[str] = field(default_factory=set)
    arguments: tuple[str, ...] = ()
    errexit: bool = True
    pipefail: bool = False
    status: int = 0

    def copy(self) -> State:
        variables = {
            name: dict(value) if isinstance(value, dict) else value for name, value in self.variables.items()
        }
        return State(
            variables, dict(self.functions), set(self.associative), self.arguments, self.errexit, self.pipefail,
            self.status,
        )  # fmt: skip

    def text(self, name: str, index: str | None = None) -> str | None:
        """The value of a name; of an array its first one."""
        value = self.variables.get(name)
        if isinstance(value, dict):
            return value.get("0" if index is None else index)
        return value if index in (None, "0") else None

    def items(self, name: str) -> tuple[str, ...]:
        value = self.variables.get(name)
        if isinstance(value, dict):
            return tuple(value.values())
        return () if value is None else (value,)

    def put(self, name: str, text: str, index: str | None = None) -> None:
        value = self.variables.get(name)
        if index is None and not isinstance(value, dict):
            self.variables[name] = text
            return
        array = value if isinstance(value, dict) else {} if value is None else {"0": value}
        array["0" if index is None else index] = text
        self.variables[name] = array

    def append(self, name: str, words: tuple[str, ...]) -> None:
        value = self.variables.get(name)
        array = value if isinstance(value, dict) else {} if value is None else {"0": value}
        following = max((int(key) for key in array if key.isdigit()), default=-1) + 1
        self.variables[name] = {**array, **{str(following + n): word for n, word in enumerate(words)}}


def initial(environment: Mapping[str, str], *, pipefail: bool) -> State:
    return State(dict(environment), pipefail=pipefail)
