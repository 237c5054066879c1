"""`[ … ]` and `[[ … ]]` of bash."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compliance.systems.directional_sync.shell.arithmetic import NotANumber, UnknownNumber
from compliance.systems.directional_sync.shell.expanding import number, pattern, text
from compliance.systems.directional_sync.shell.syntax import UNKNOWN, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

    from compliance.systems.directional_sync.shell.expanding import Expanding
    from compliance.systems.directional_sync.shell.syntax import Word

_NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "-eq": int.__eq__, "-ne": int.__ne__, "-lt": int.__lt__, "-le": int.__le__, "-gt": int.__gt__, "-ge": int.__ge__,
}  # fmt: skip
_TEXTS = ("=", "==", "!=", "<", ">", "=~")
_OF_FILES = re.compile(r"-[abcdefghkprstuwxGLNOSv]")


class NotDecimal(Exception):
    """`[` complains and ends with 2."""


def single(shell: Expanding, words: list[str], line: int) -> bool:
    """`[` reads numbers as decimal ones: 08 is eight here."""
    match words:
        case []:
            return False
        case [value]:
            return shell.world.oracle.choose() if UNKNOWN in value else value != ""
        case ["!", *rest]:
            return not single(shell, rest, line)
        case ["-n" | "-z" as sign, value]:
            return _empty(shell, value) == (sign == "-z")
        case [sign, _] if _OF_FILES.fullmatch(sign):
            return shell.world.oracle.choose()
        case [a, "=" | "==" | "!=" as sign, b]:
            return (shell.world.oracle.choose() if UNKNOWN in a + b else a == b) == (sign != "!=")
        case [a, sign, b] if sign in _NUMBERS:
            return _decimal(shell, a, sign, b)
    for sign, join in (("-o", any), ("-a", all)):
        if sign in words:
            place = words.index(sign)
            return join([single(shell, words[:place], line), single(shell, words[place + 1 :], line)])
    raise Unreadable(f"'[ {' '.join(words)} ]' is not followed".replace(UNKNOWN, "…"), line)


def _empty(shell: Expanding, value: str) -> bool:
    return shell.world.oracle.choose() if UNKNOWN in value else value == ""


def _decimal(shell: Expanding, a: str, sign: str, b: str) -> bool:
    if UNKNOWN in a + b:
        return shell.world.oracle.choose()
    try:
        return _NUMBERS[sign](int(a), int(b))
    except ValueError:
        raise NotDecimal from None


class Double:
    """One `[[ … ]]`, read from left to right; what is decided already is not looked at."""

    def __init__(self, shell: Expanding, words: tuple[Word, ...], line: int) -> None:
        self.shell, self.words, self.line, self.at = shell, words, line, 0

    def whole(self) -> bool:
        value = self._or(live=True)
        if self.at < len(self.words):
            raise self._lost()
        return value

    def _lost(self) -> Unreadable:
        return Unreadable("[[ … ]] is not followed", self.line)

    def _sign(self, *signs: str) -> str:
        if self.at < len(self.words) and (found := self.words[self.at].bare) in signs:
            self.at += 1
            return found or ""
        return ""

    def _or(self, *, live: bool) -> bool:
        value = self._and(live=live)
        while self._sign("||"):
            value = self._and(live=live and not value) or value
        return value

    def _and(self, *, live: bool) -> bool:
        value = self._not(live=live)
        while self._sign("&&"):
            value = self._not(live=live and value) and value
        return value

    def _not(self, *, live: bool) -> bool:
        if self._sign("!"):
            return not self._not(live=live)
        if self._sign("("):
            value = self._or(live=live)
            if not self._sign(")"):
                raise self._lost()
            return value
        return self._one(live=live)

    def _next(self) -> Word:
        if self.at == len(self.words):
            raise self._lost()
        self.at += 1
        return self.words[self.at - 1]

    def _one(self, *, live: bool) -> bool:
        first = self._next()
        sign = self.words[self.at].bare if self.at < len(self.words) else None
        if sign is not None and (sign in _NUMBERS or sign in _TEXTS):
            self.at += 1
            other = self._next()
            return live and self._compared(first, sign, other)
        if first.bare is not None and (first.bare in ("-n", "-z") or _OF_FILES.fullmatch(first.bare)):
            value = self._next()
            return live and self._asked(first.bare, value)
        return live and not _empty(self.shell, text(self.shell, first))

    def _asked(self, sign: str, word: Word) -> bool:
        if sign in ("-n", "-z"):
            return _empty(self.shell, text(self.shell, word)) == (sign == "-z")
        return self.shell.world.oracle.choose()

    def _compared(self, first: Word, sign: str, other: Word) -> bool:
        shell = self.shell
        a = text(shell, first)
        if sign in _NUMBERS:
            return self._numbers(a, sign, text(shell, other))
        if sign == "=~":
            return self._searched(a, text(shell, other))
        found = pattern(shell, other)
        if found is None or UNKNOWN in a:
            return shell.world.oracle.choose()
        if sign in ("<", ">"):
            b = text(shell, other)
            return a < b if sign == "<" else a > b
        return (found.fullmatch(a) is not None) == (sign != "!=")

    def _numbers(self, a: str, sign: str, b: str) -> bool:
        """Arithmetic, where 08 is an error, and the comparison then false."""
        try:
            return _NUMBERS[sign](number(self.shell, a, self.line), number(self.shell, b, self.line))
        except UnknownNumber:
            return self.shell.world.oracle.choose()
        except NotANumber:
            return False

    def _searched(self, a: str, expression: str) -> bool:
        if UNKNOWN in a + expression:
            return self.shell.world.oracle.choose()
        if "[[:" in expression:
            raise Unreadable("[[:…:]] is not followed", self.line)
        try:
            return re.search(expression, a) is not None
        except re.error:
            raise Unreadable(f"'{expression}' is not followed", self.line) from None
