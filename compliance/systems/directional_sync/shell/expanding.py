"""What words of bash become: values in place of names, split where nothing quotes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from compliance.systems.directional_sync.shell.arithmetic import NotANumber, UnknownNumber, calculate
from compliance.systems.directional_sync.shell.syntax import (
    UNKNOWN,
    Output,
    Sum,
    Text,
    Unreadable,
    Variable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from compliance.systems.directional_sync.shell.state import State, World
    from compliance.systems.directional_sync.shell.syntax import Part, Sequence, Word

_BRACES = re.compile(r"\{(-?[0-9]+)\.\.(-?[0-9]+)\}")
_CLASS = re.compile(r"\[[!^]?\]?[^\]]*\]")


class Discarded(Exception):
    """An error of arithmetic in a word: bash drops the command around it, as large as it is, and goes on behind it."""


class Stopped(Exception):
    """`${NAME:?}` of nothing."""


class Expanding(Protocol):
    """What of a shell is needed to expand words."""

    state: State
    world: World

    def capture(self, body: Sequence) -> str: ...


def fields(shell: Expanding, words: Iterable[Word]) -> list[str]:
    """The words that a command is given."""
    return [field for word in words for field in _fields(shell, word)]


def _fields(shell: Expanding, word: Word) -> list[str]:
    if (bare := word.bare) is not None and (braces := _BRACES.fullmatch(bare)) is not None:
        first, last = int(braces[1]), int(braces[2])
        return [str(n) for n in range(first, last + 1)] if abs(last - first) < 100 else [UNKNOWN]
    found: list[str] = []
    current: str | None = None
    for part in word.parts:
        pieces, starts, ends = _pieces(shell, part)
        if starts and current is not None:
            found.append(current)
            current = None
        for number, piece in enumerate(pieces):
            if number:
                found.append(current or "")
                current = None
            current = (current or "") + piece
        if ends and current is not None:
            found.append(current)
            current = None
    return found if current is None else [*found, current]


def _pieces(shell: Expanding, part: Part) -> tuple[list[str], bool, bool]:
    """Its texts, and whether blanks stand before the first and behind the last."""
    if isinstance(part, Variable) and not part.length and _whole(part) == "@" and not part.operator:
        items = list(_items(shell, part))
        return (items if part.quoted else [piece for item in items for piece in item.split()]), False, False
    value = _value(shell, part)
    if part.quoted or isinstance(part, Text):
        return [value], False, False
    return value.split(), value[:1].isspace(), value[-1:].isspace()


def text(shell: Expanding, word: Word | None) -> str:
    """One text, which nothing splits."""
    return "" if word is None else "".join(_value(shell, part) for part in word.parts)


def pattern(shell: Expanding, word: Word) -> re.Pattern[str] | None:
    """As `case` and `==` read it: what is quoted stands for itself. None: it cannot be known."""
    found = ""
    for part in word.parts:
        value = _value(shell, part)
        if UNKNOWN in value:
            return None
        found += re.escape(value) if part.quoted else _magic(value)
    return re.compile(found, re.DOTALL)


def glob(value: str) -> re.Pattern[str]:
    return re.compile(_magic(value), re.DOTALL)


def _magic(value: str) -> str:
    found, at = "", 0
    while at < len(value):
        sign = value[at]
        if sign in "?*":
            found += "." if sign == "?" else ".*"
        elif sign == "[" and (inner := _CLASS.match(value, at)) is not None and len(inner[0]) > 2:
            listed = inner[0][1:-1].replace("\\", "\\\\").replace("[", "\\[")
            found += f"[{'^' + listed[1:] if listed[0] in '!^' else listed}]"
            at = inner.end() - 1
        else:
            found += re.escape(sign)
        at += 1
    return found


def _value(shell: Expanding, part: Part) -> str:
    if isinstance(part, Text):
        return part.text
    if isinstance(part, Output):
        return shell.capture(part.body).rstrip("\n")
    if isinstance(part, Sum):
        return arithmetic(shell, part.text)
    return _variable(shell, part)


def arithmetic(shell: Expanding, word: Word) -> str:
    """Of `$((…))`: an error drops the command."""
    try:
        return str(number(shell, text(shell, word), word.line))
    except UnknownNumber:
        return UNKNOWN
    except NotANumber:
        raise Discarded from None


def number(shell: Expanding, value: str, line: int) -> int:
    """Raises `NotANumber`, of 08 and 09 noted, and `UnknownNumber`."""
    state = shell.state
    try:
        return calculate(value, lambda name: state.text(name) or "", state.put)
    except NotANumber as error:
        if error.octal:
            shell.world.octal.append((line, str(error)))
        raise


def key(shell: Expanding, name: str, index: Word | None) -> str | None:
    """Of an array: a text where it was declared so, else a number."""
    if index is None:
        return None
    found = text(shell, index)
    if name in shell.state.associative or found.isdigit() or found in ("@", "*"):
        return found
    try:
        return str(number(shell, found, index.line))
    except UnknownNumber:
        return UNKNOWN
    except NotANumber:
        raise Discarded from None


def _whole(part: Variable) -> str:
    """`@` or `*` where all items of an array, or all arguments, are meant."""
    found = part.name if part.index is None else part.index.plain
    return found if found in ("@", "*") else ""


def _items(shell: Expanding, part: Variable) -> tuple[str, ...]:
    return shell.state.arguments if part.index is None else shell.state.items(part.name)


def _variable(shell: Expanding, part: Variable) -> str:
    if _whole(part):
        items = _items(shell, part)
        return str(len(items)) if part.length else " ".join(items)
    value = _special(shell, part.name)
    if value is None:
        value = shell.state.text(part.name, key(shell, part.name, part.index))
    if part.length:
        return UNKNOWN if UNKNOWN in (value or "") else str(len(value or ""))
    return _operated(shell, part, value) if part.operator else value or ""


def _special(shell: Expanding, name: str) -> str | None:
    if name == "?":
        return str(shell.state.status)
    if name == "#":
        return str(len(shell.state.arguments))
    if name.isdigit():
        arguments = shell.state.arguments
        return arguments[int(name) - 1] if 0 < int(name) <= len(arguments) else ""
    if name in ("$", "!", "-", "RANDOM", "SECONDS", "EPOCHSECONDS"):
        return UNKNOWN
    return None


def _operated(shell: Expanding, part: Variable, value: str | None) -> str:
    operator = part.operator
    if operator.strip(":") in ("-", "=", "+", "?"):
        return _defaulted(shell, part, value)
    value = value or ""
    if UNKNOWN in value:
        return UNKNOWN
    if operator in ("^", "^^", ",", ",,"):
        change: Callable[[str], str] = str.upper if "^" in operator else str.lower
        return change(value) if len(operator) == 2 else change(value[:1]) + value[1:]
    if part.argument is None:
        return value
    if operator in ("#", "##", "%", "%%"):
        found = pattern(shell, part.argument)
        return UNKNOWN if found is None else _cut(value, operator, found)
    if operator in ("/", "//"):
        old, _, new = text(shell, part.argument).partition("/")
        return glob(old).sub(lambda _: new, value, count=0 if operator == "//" else 1)
    return _slice(shell, part.argument, value)


def _defaulted(shell: Expanding, part: Variable, value: str | None) -> str:
    missing = value is None or (part.operator.startswith(":") and value == "")
    match part.operator[-1]:
        case "+":
            return "" if missing else text(shell, part.argument)
        case "?":
            if missing:
                raise Stopped
            return value or ""
    if not missing:
        return value or ""
    found = text(shell, part.argument)
    if part.operator[-1] == "=":
        shell.state.put(part.name, found)
    return found


def _cut(value: str, operator: str, found: re.Pattern[str]) -> str:
    """The shortest or the longest piece at the beginning or at the end."""
    places = range(len(value) + 1)
    if operator[0] == "#":
        ends = [end for end in places if found.fullmatch(value[:end])]
        return value if not ends else value[ends[-1] if operator == "##" else ends[0] :]
    starts = [start for start in places if found.fullmatch(value[start:])]
    return value if not starts else value[: starts[0] if operator == "%%" else starts[-1]]


def _slice(shell: Expanding, argument: Word, value: str) -> str:
    first, sign, length = text(shell, argument).partition(":")
    try:
        start = number(shell, first, argument.line)
        count = number(shell, length, argument.line) if sign else len(value)
    except UnknownNumber:
        return UNKNOWN
    except NotANumber:
        raise Discarded from None
    if start < 0:
        start = len(value) + start
    if start < 0:
        raise Unreadable("a slice before the beginning is not followed", argument.line)
    return value[start : start + count] if count >= 0 else value[start:count]
