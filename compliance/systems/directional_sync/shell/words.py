"""Reads words of bash: quotes, `$name`, `${…}`, `$(…)`, `$((…))`."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from compliance.systems.directional_sync.shell.syntax import (
    Output,
    Sum,
    Text,
    Unreadable,
    Variable,
    joined,
)

if TYPE_CHECKING:
    from compliance.systems.directional_sync.shell.syntax import Part, Sequence, Word

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ONE = re.compile(r"[0-9@*#?$!-]")
_OPERATOR = re.compile(r":[-=+?]|//|##|%%|\^\^|,,|[-=+?#%/^,]|:")
ENDS = " \t\n;&|<>()"


class Reader(ABC):
    """A place in a text. Subclassed by what reads commands, since `$(…)` holds some."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    @property
    def line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1

    def error(self, reason: str) -> Unreadable:
        return Unreadable(reason, self.line)

    def peek(self, length: int = 1) -> str:
        return self.text[self.at : self.at + length]

    def take(self, length: int = 1) -> str:
        found = self.peek(length)
        self.at += length
        return found

    def match(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found[0]

    @abstractmethod
    def body(self, end: str) -> Sequence:
        """Commands up to the sign that ends them."""

    def word(self, ends: str = ENDS) -> Word | None:
        """The next word; none where a sign of the shell stands."""
        line = self.line
        found: list[Part] = []
        while (sign := self.peek()) and sign not in ends:
            if self.peek(2) == "\\\n":
                self.take(2)
                continue
            found.extend(self._part(sign))
        return joined(found, line) if found else None

    def _part(self, sign: str) -> list[Part]:
        if sign == "'":
            return [Text(self._until("'"), True)]
        if sign == '"':
            return self._double()
        if sign == "\\":
            self.take()
            return [Text(self.take(), True)]
        if self.peek(2) == "$'":
            raise self.error("$'…' is not followed")
        if sign in "$`":
            return [self._dollar(quoted=False)]
        return [Text(self.take(), False)]

    def _until(self, sign: str) -> str:
        self.take()
        end = self.text.find(sign, self.at)
        if end < 0:
            raise self.error(f"a {sign} is not closed")
        found = self.text[self.at : end]
        self.at = end + 1
        return found

    def _double(self) -> list[Part]:
        """Between double quotes a backslash stands for itself but before these signs."""
        self.take()
        found: list[Part] = [Text("", True)]
        while (sign := self.peek()) != '"':
            if not sign:
                raise self.error('a " is not closed')
            found.append(self.inner(sign, '$`"\\'))
        self.take()
        return found

    def inner(self, sign: str, escaped: str) -> Part:
        """One part where quotes have no meaning of their own: in double quotes, in a here-document."""
        if sign == "\\" and self.peek(2)[1:] == "\n":
            self.take(2)
            return Text("", True)
        if sign == "\\" and self.peek(2)[1:] in escaped:
            return Text(self.take(2)[1:], True)
        if sign in "$`":
            return self._dollar(quoted=True)
        return Text(self.take(), True)

    def _dollar(self, *, quoted: bool) -> Part:
        if self.peek() == "`":
            raise self.error("`…` is not followed; $(…) is")
        self.take()
        if self.peek(2) == "((":
            self.take(2)
            return Sum(self._sum(), quoted)
        if self.peek() == "(":
            self.take()
            return Output(self.body(")"), quoted)
        if self.peek() == "{":
            self.take()
            return self._braced(quoted)
        name = self.match(NAME) or self.match(_ONE)
        return Text("$", quoted) if name is None else Variable(name, None, "", None, quoted)

    def _sum(self) -> Word:
        """Up to `))`, with what is expanded in it."""
        depth, line = 0, self.line
        found: list[Part] = []
        while depth or self.peek(2) != "))":
            sign = self.peek()
            if not sign:
                raise self.error("(( is not closed")
            depth += {"(": 1, ")": -1}.get(sign, 0)
            if sign == '"':
                self.take()
            else:
                found.append(self.inner(sign, "$\\"))
        self.take(2)
        return joined(found, line)

    def _braced(self, quoted: bool) -> Variable:
        length = self.peek() == "#" and self.peek(2) != "#}"
        if length or self.peek() == "!":
            sign = self.take()
            if sign == "!":
                raise self.error("${!…} is not followed")
        name = self.match(NAME) or self.match(_ONE)
        if name is None:
            raise self.error("${…} cannot be read")
        index = None
        if self.peek() == "[":
            index = self.index()
        operator = self.match(_OPERATOR) or ""
        argument = self.word("}") if operator else None
        if self.take() != "}":
            raise self.error("${…} cannot be read")
        return Variable(name, index, operator, argument, quoted, length)

    def index(self) -> Word:
        """`[…]` behind a name."""
        self.take()
        found = self.word("]")
        if found is None or self.take() != "]":
            raise self.error("an index cannot be read")
        return found
