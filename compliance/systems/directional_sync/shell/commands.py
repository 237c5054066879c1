"""What a simple command of bash does while a script is followed: assignments, bash's own commands, programs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from compliance.systems.directional_sync.shell import builtins, expanding
from compliance.systems.directional_sync.shell.arithmetic import NotANumber, UnknownNumber
from compliance.systems.directional_sync.shell.conditions import NotDecimal, single
from compliance.systems.directional_sync.shell.parsing import parse
from compliance.systems.directional_sync.shell.simples import DECLARING
from compliance.systems.directional_sync.shell.state import Call
from compliance.systems.directional_sync.shell.syntax import UNKNOWN, Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence as Rows

    from compliance.systems.directional_sync.shell.state import State, World
    from compliance.systems.directional_sync.shell.syntax import (
        Assignment,
        Command,
        Function,
        Sequence,
        Simple,
    )

_DEEP = 40
_NOTHING = (":", "true", "cd", "pushd", "popd", "shopt", "trap", "umask", "ulimit", "wait", "hash", "sleep")
_CONTROL = (
    "exit", "return", "break", "continue", "set", "eval", "read", "unset", "let", "false", "shift", "getopts", "source",
    ".", "mapfile", "readarray", "alias",
)  # fmt: skip


class Ended(Exception):
    """`exit`, or a command that failed under `set -e`."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Returned(Ended):
    """`return`."""


class Left(Exception):
    """`break` and `continue`."""

    def __init__(self, levels: int, *, on: bool) -> None:
        super().__init__(levels)
        self.levels, self.on = levels, on


class Commands(ABC):
    """A shell as far as it runs simple commands. `deciding`: within a condition, where both answers count."""

    def __init__(self, state: State, world: World, stdin: list[str] | None = None, deep: int = 0) -> None:
        self.state, self.world = state, world
        self.out: list[str] = []
        self.stdin = stdin
        self.deciding = 0
        self.captured = False
        self.deep = deep

    @abstractmethod
    def capture(self, body: Sequence) -> str:
        """What commands in `$(…)` print."""

    @abstractmethod
    def sequence(self, body: Sequence) -> None:
        """Commands one after the other."""

    @abstractmethod
    def command(self, command: Command) -> None:
        """One of any kind."""

    @abstractmethod
    def program(self, text: str, *, errexit: bool) -> int:
        """A text that another bash is given."""

    def write(self, name: str, append: bool, said: str) -> None:
        self.world.files[name] = (self.world.files.get(name, "") if append else "") + said

    def _file(self, name: str) -> list[str] | None:
        found = self.world.files.get(name)
        return None if found is None or UNKNOWN in name else lines(found)

    def assign(self, assignment: Assignment) -> None:
        name = assignment.name
        if assignment.items is not None:
            self._list(assignment)
            return
        value = expanding.text(self, assignment.value)
        index = expanding.key(self, name, assignment.index)
        if assignment.append:
            value = (self.state.text(name, index) or "") + value
        self.state.put(name, value, index)

    def _list(self, assignment: Assignment) -> None:
        name, state = assignment.name, self.state
        if not assignment.append:
            state.variables[name] = {}
        for index, word in assignment.items or ():
            if index is None:
                state.append(name, tuple(expanding.fields(self, [word])))
            else:
                state.put(name, expanding.text(self, word), expanding.key(self, name, index))

    def simple(self, command: Simple) -> None:
        words = expanding.fields(self, command.words)
        if not words or words[0] in DECLARING:
            self._declared(command, words)
            return
        # What stands before a command is seen by it alone.
        before = {name: self.state.variables.get(name) for name in (a.name for a in command.assignments)}
        for assignment in command.assignments:
            self.assign(assignment)
        self.state.status = self._known(words, command.line)
        for name, value in before.items():
            if value is None:
                self.state.variables.pop(name, None)
            else:
                self.state.variables[name] = value

    def _declared(self, command: Simple, words: list[str]) -> None:
        """An assignment alone ends as the last `$(…)` in it has; behind `export` and the like it has ended well."""
        if any(word.startswith("-") and "A" in word for word in words):
            self.state.associative |= {assignment.name for assignment in command.assignments} | set(words[1:])
        self.captured = False  # `$?` in one of them is still that of the command before
        for assignment in command.assignments:
            self.assign(assignment)
        if words or not self.captured:
            self.state.status = 0

    def _known(self, words: list[str], line: int) -> int:
        name, rest = words[0], words[1:]
        if (function := self.state.functions.get(name)) is not None:
            return self._called(function, rest)
        if name in _CONTROL:
            return self._controlled(name, rest, line)
        if name in ("[", "test"):
            try:
                return int(not single(self, rest[:-1] if name == "[" else rest, line))
            except NotDecimal:
                return 2
        if name in _NOTHING:
            return 0
        said = self._said(name, rest)
        if said is not None:
            self.out.append(said)
            return 0
        return self._other(words, line)

    def _said(self, name: str, rest: list[str]) -> str | None:
        """Of commands whose output is known; none: of another."""
        match name:
            case "echo":
                return builtins.echo(rest)
            case "printf" if rest[:1] != ["-v"]:
                return builtins.printf(rest)
            case "date":
                return builtins.date(rest, self.world.clock, self.state.text("TZ") or "")
            case "seq":
                return builtins.seq(rest)
            case "sed":
                return builtins.sed(rest, None if self.stdin is None else "".join(self.stdin))
            case "cat" if len(rest) < 2:
                lines = self._file(rest[0]) if rest else self.stdin
                return UNKNOWN if lines is None else "".join(lines)
            case "tee":
                said = UNKNOWN if self.stdin is None else "".join(self.stdin)
                for target in (word for word in rest if not word.startswith("-")):
                    self.write(target, "-a" in rest, said)
                return said
        return None

    def _called(self, function: Function, rest: list[str]) -> int:
        if self.deep > _DEEP:
            raise Unreadable("functions call each other too deep", function.line)
        arguments, self.state.arguments = self.state.arguments, tuple(rest)
        self.deep += 1
        try:
            self.command(function.body)
        except Returned as returned:
            return returned.status
        finally:
            self.state.arguments = arguments
            self.deep -= 1
        return self.state.status

    def _controlled(self, name: str, rest: list[str], line: int) -> int:
        match name:
            case "exit" | "return":
                value = rest[0] if rest else str(self.state.status)
                status = int(not self.world.oracle.choose()) if UNKNOWN in value else int(value) % 256
                raise (Ended if name == "exit" else Returned)(status)
            case "break" | "continue":
                raise Left(int(rest[0]) if rest else 1, on=name == "continue")
            case "set":
                self._set(rest, line)
            case "eval":
                self.sequence(parse(_sure(" ".join(rest), line)))
                return self.state.status
            case "read":
                return self._read([word for word in rest if not word.startswith("-")])
            case "unset":
                for word in rest:
                    self.state.variables.pop(word, None)
            case "let":
                return self._let(rest, line)
            case "false":
                return 1
            case _:
                raise Unreadable(f"'{name}' is not followed", line)
        return 0

    def _let(self, rest: list[str], line: int) -> int:
        try:
            return int(expanding.number(self, rest[-1] if rest else "", line) == 0)
        except UnknownNumber:
            return int(not self.world.oracle.choose())
        except NotANumber:
            return 1

    def _set(self, rest: list[str], line: int) -> None:
        words = list(rest)
        while words:
            word = words.pop(0)
            on = word.startswith("-")
            if word in ("--",) or word[:1] not in "+-":
                self.state.arguments = (*words,) if word == "--" else (word, *words)
                return
            if "e" in word:
                self.state.errexit = on
            if "o" in word:
                option = words.pop(0) if words else ""
                if option == "errexit":
                    self.state.errexit = on
                elif option == "pipefail":
                    self.state.pipefail = on
            if "n" in word:
                raise Unreadable("'set -n' is not followed", line)

    def _read(self, names: list[str]) -> int:
        """A line, split; the last name takes the rest of it."""
        line = UNKNOWN if self.stdin is None else self.stdin.pop(0).rstrip("\n") if self.stdin else None
        words = [] if line is None else line.split(None, max(len(names) - 1, 0)) if len(names) > 1 else [line]
        for place, name in enumerate(names):
            self.state.put(name, words[place].strip() if place < len(words) else "")
        if line == UNKNOWN:
            return int(not self.world.oracle.choose())
        return int(line is None)

    def _other(self, words: Rows[str], line: int) -> int:
        """A program. `bash -c TEXT` is followed, as is what is run through `env`, `command`, `exec` or `timeout`."""
        if words[0] in ("bash", "sh") and len(words) == 3 and words[1].startswith("-") and "c" in words[1]:
            return self.program(_sure(words[2], line), errexit="e" in words[1])
        self.world.calls.append(Call(tuple(words), line))
        self.out.append(UNKNOWN)
        known = self.world.status(tuple(words))
        status = known if known is not None else int(not self.world.oracle.choose()) if self.deciding else 0
        if words[0] == "exec":
            raise Ended(status)
        return status


def lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _sure(text: str, line: int) -> str:
    if UNKNOWN in text:
        raise Unreadable("what only a run can tell is run as a command", line)
    return text
