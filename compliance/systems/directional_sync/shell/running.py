"""Follows a script of bash without running anything: which commands it would come to, at a given time.

What only a run can tell (a file's existence, another program's answer) is asked of an oracle, once each way. Where bash
and this disagree, this is wrong: `tests/sync/test_shell.py` holds it to the real one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.systems.directional_sync.shell import expanding
from compliance.systems.directional_sync.shell.arithmetic import NotANumber, UnknownNumber
from compliance.systems.directional_sync.shell.commands import Commands, Ended, Left, lines
from compliance.systems.directional_sync.shell.conditions import Double
from compliance.systems.directional_sync.shell.expanding import Discarded, Stopped
from compliance.systems.directional_sync.shell.parsing import parse
from compliance.systems.directional_sync.shell.syntax import (
    UNKNOWN,
    Calculation,
    Case,
    For,
    Function,
    Group,
    If,
    Simple,
    Test,
    Unreadable,
    While,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from compliance.systems.directional_sync.shell.state import State, World
    from compliance.systems.directional_sync.shell.syntax import (
        Chain,
        Command,
        Pipeline,
        Redirect,
        Sequence,
        Word,
    )

_DEEP = 40
_MOST_ROUNDS = 200


def run(text: str, state: State, world: World) -> tuple[int, str]:
    """Status and output of a script; raises `Unreadable`."""
    shell = Shell(state, world)
    status = shell.script(parse(text))
    return status, "".join(shell.out)


class Shell(Commands):
    """One shell."""

    def script(self, body: Sequence) -> int:
        """From its first line to its last, or to `exit`. What an error of arithmetic drops is one of its lines."""
        try:
            for line in body.lines:
                try:
                    for chain in line:
                        self.chain(chain)
                except Discarded:
                    self.state.status = 1
                    self.deciding = 0
        except Ended as ended:
            return ended.status
        except Stopped:
            return 1
        except Left:
            return 0
        return self.state.status

    def capture(self, body: Sequence) -> str:
        """`$(…)`: in a shell of its own."""
        inner = self._child(self.stdin)
        inner.deciding = self.deciding
        self.state.status = inner.subshell(body)
        self.captured = True
        return "".join(inner.out)

    def program(self, text: str, *, errexit: bool) -> int:
        inner = self._child(self.stdin)
        inner.state.errexit, inner.state.pipefail = errexit, False
        status = inner.script(parse(text))
        self.out += inner.out
        return status

    def _child(self, stdin: list[str] | None) -> Shell:
        if self.deep > _DEEP:
            raise Unreadable("commands within commands are too deep")
        return Shell(self.state.copy(), self.world, stdin, self.deep + 1)

    def subshell(self, body: Sequence) -> int:
        """An error of arithmetic ends it."""
        try:
            self.sequence(body)
        except Ended as ended:
            return ended.status
        except (Discarded, Stopped):
            return 1
        return self.state.status

    def sequence(self, body: Sequence) -> None:
        for chain in body.chains:
            self.chain(chain)

    def chain(self, chain: Chain) -> None:
        if chain.background:
            raise Unreadable("a command in the background is not followed", chain.items[0][1].line)
        last = len(chain.items) - 1
        for place, (join, pipeline) in enumerate(chain.items):
            if join and (self.state.status == 0) != (join == "&&"):
                continue
            undecided = place < last or pipeline.negated
            self.deciding += undecided
            self.pipeline(pipeline)
            self.deciding -= undecided
            passed = undecided or self.deciding or _of_others(pipeline) or not self.state.errexit
            if self.state.status and not passed:
                raise Ended(self.state.status)

    def pipeline(self, pipeline: Pipeline) -> None:
        self.world.step(pipeline.line)
        if len(pipeline.commands) == 1:
            self.command(pipeline.commands[0])
        else:
            self._piped(pipeline)
        if pipeline.negated:
            self.state.status = int(not self.state.status)

    def _piped(self, pipeline: Pipeline) -> None:
        """Each in a shell of its own; what one says the next one reads."""
        stdin, statuses = self.stdin, []
        for command in pipeline.commands:
            inner = self._child(stdin)
            inner.deciding = self.deciding
            statuses.append(inner.alone(command))
            stdin = lines("".join(inner.out))
            said = inner.out
        self.out += said
        failed = [status for status in statuses if status]
        self.state.status = (
            failed[-1] if self.state.pipefail and failed else 0 if self.state.pipefail else statuses[-1]
        )

    def alone(self, command: Command) -> int:
        try:
            self.command(command)
        except Ended as ended:
            return ended.status
        except (Discarded, Stopped):
            return 1
        return self.state.status

    def command(self, command: Command) -> None:
        match command:
            case Simple():
                self._redirected(command.redirects, lambda: self.simple(command))
            case Function():
                self.state.functions[command.name] = command
                self.state.status = 0
            case Test():
                self.state.status = int(not Double(self, command.words, command.line).whole())
            case Calculation():
                self.state.status = self._calculated(command)
            case If() | Case() | For() | While() | Group():
                self._redirected(command.redirects, lambda: self._compound(command))

    def _calculated(self, command: Calculation) -> int:
        """`((…))`: an error is a failure here, and nothing is dropped."""
        try:
            value = expanding.number(self, expanding.text(self, command.text), command.line)
        except UnknownNumber:
            return int(not self.world.oracle.choose())
        except NotANumber:
            return 1
        return int(value == 0)

    def _compound(self, command: If | Case | For | While | Group) -> None:
        match command:
            case If():
                self._if(command)
            case Case():
                self._case(command)
            case For():
                self._for(command)
            case While():
                self._while(command)
            case Group() if command.subshell:
                inner = self._child(self.stdin)
                inner.deciding = self.deciding
                self.state.status = inner.subshell(command.body)
                self.out += inner.out
            case Group():
                self.sequence(command.body)

    def _holds(self, condition: Sequence) -> bool:
        self.deciding += 1
        self.sequence(condition)
        self.deciding -= 1
        return self.state.status == 0

    def _if(self, command: If) -> None:
        for condition, body in command.branches:
            if self._holds(condition):
                self.sequence(body)
                return
        self.state.status = 0
        if command.otherwise is not None:
            self.sequence(command.otherwise)

    def _case(self, command: Case) -> None:
        subject = expanding.text(self, command.subject)
        self.state.status, through = 0, False
        for patterns, body, end in command.items:
            if not through and not any(self._fits(subject, pattern) for pattern in patterns):
                continue
            self.sequence(body)
            if end == ";;":
                return
            through = end == ";&"

    def _fits(self, subject: str, word: Word) -> bool:
        if word.bare == "*":
            return True
        found = expanding.pattern(self, word)
        if found is None or UNKNOWN in subject:
            return self.world.oracle.choose()
        return found.fullmatch(subject) is not None

    def _for(self, command: For) -> None:
        self.state.status = 0
        for word in expanding.fields(self, command.words):
            self.state.put(command.name, word)
            if self._left(command.body):
                return

    def _while(self, command: While) -> None:
        for _ in range(_MOST_ROUNDS):
            if self._holds(command.condition) == command.until:
                self.state.status = 0
                return
            if self._left(command.body):
                return
        raise Unreadable("a loop runs too long to be followed", command.line)

    def _left(self, body: Sequence) -> bool:
        """Runs the body of a loop once; was it the last time?"""
        try:
            self.sequence(body)
        except Left as left:
            self.state.status = 0
            if left.levels > 1:
                raise Left(left.levels - 1, on=left.on) from None
            return not left.on
        return False

    def _redirected(self, redirects: tuple[Redirect, ...], inner: Callable[[], None]) -> None:
        """What is said into a file is kept under its name: outputs of a step are written so."""
        stdin, out, target = self.stdin, self.out, None
        for redirect in redirects:
            if redirect.here is not None:
                end = "\n" if redirect.operator == "<<<" else ""
                self.stdin = lines(expanding.text(self, redirect.here) + end)
            elif redirect.operator == "<":
                self.stdin = self._file(expanding.text(self, redirect.target))
            elif redirect.descriptor == "1" and redirect.operator in (">", ">>", ">|", "&>", "&>>"):
                target = (expanding.text(self, redirect.target), redirect.operator.endswith(">>"))
        self.out = [] if target is not None else out
        try:
            inner()
        finally:
            said, self.out, self.stdin = self.out, out, stdin
            if target is not None:
                self.write(*target, "".join(said))


def _of_others(pipeline: Pipeline) -> bool:
    """What ends as a command within it has ended: where that one was let pass, this one is too."""
    only = pipeline.commands[0] if len(pipeline.commands) == 1 else None
    return isinstance(only, If | Case | For | While) or (isinstance(only, Group) and not only.subshell)
