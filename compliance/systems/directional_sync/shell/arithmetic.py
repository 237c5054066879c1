"""Arithmetic of bash. A number with a leading zero is octal, so 08 and 09, hours of `date +%H`, are errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from compliance.systems.directional_sync.shell.syntax import UNKNOWN, Unreadable

Get: TypeAlias = Callable[[str], str]
Set: TypeAlias = Callable[[str, str], None]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+#[0-9A-Za-z@_]+|0[xX][0-9A-Fa-f]+|[0-9][0-9A-Za-z]*)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign><<=|>>=|\*\*|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%<>=!~&|^?:(),]))"
)
_BINARY: tuple[tuple[str, ...], ...] = (
    ("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", ">", "<=", ">="), ("<<", ">>"), ("+", "-"),
    ("*", "/", "%"), ("**",),
)  # fmt: skip
_DEEP = 64


class NotANumber(Exception):
    """Bash would complain; `octal`: of 08 or 09."""

    def __init__(self, text: str, *, octal: bool = False) -> None:
        super().__init__(text)
        self.octal = octal


class UnknownNumber(Exception):
    """It depends on what cannot be known."""


def calculate(text: str, get: Get, put: Set, deep: int = 0) -> int:
    """The value; raises `NotANumber`, `UnknownNumber`, `Unreadable`."""
    if UNKNOWN in text:
        raise UnknownNumber
    if deep > _DEEP:
        raise NotANumber(text)
    if not text.strip():
        return 0
    return _Calculation(text, get, put, deep).whole()


def number(text: str) -> int:
    """As bash reads a constant."""
    base, sign, digits = text.rpartition("#")
    if sign:
        return _based(digits, int(base), text)
    if text[:2] in ("0x", "0X"):
        return int(text, 16)
    return _based(text, 8 if text.startswith("0") else 10, text)


def _based(digits: str, base: int, text: str) -> int:
    try:
        return int(digits, base)
    except ValueError:
        octal = base == 8 and digits.isdigit()
        raise NotANumber(text, octal=octal) from None


class _Calculation:
    def __init__(self, text: str, get: Get, put: Set, deep: int) -> None:
        self.get, self.put, self.deep = get, put, deep
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        self.idle = 0  # within what `||`, `&&` or `?` passes over: names are not looked at there, numbers are
        place = 0
        text = text.rstrip()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                raise Unreadable(f"'{text}' is arithmetic that is not followed")
            self.tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
            place = found.end()

    def whole(self) -> int:
        value = self._ternary()
        while self._take(","):
            value = self._ternary()
        if self.at < len(self.tokens):
            raise NotANumber(" ".join(text for _, text in self.tokens))
        return value

    def _peek(self, further: int = 0) -> tuple[str, str]:
        place = self.at + further
        return self.tokens[place] if place < len(self.tokens) else ("", "")

    def _take(self, *signs: str) -> str:
        kind, text = self._peek()
        if kind != "sign" or text not in signs:
            return ""
        self.at += 1
        return text

    def _ternary(self) -> int:
        value = self._binary(0)
        if not self._take("?"):
            return value
        one = self._passed(self._ternary, over=not value)
        if not self._take(":"):
            raise NotANumber("?")
        other = self._passed(self._ternary, over=bool(value))
        return one if value else other

    def _passed(self, read: Callable[[], int], *, over: bool) -> int:
        self.idle += over
        value = read()
        self.idle -= over
        return value

    def _binary(self, level: int) -> int:
        if level == len(_BINARY):
            return self._unary()
        value = self._binary(level + 1)
        while sign := self._take(*_BINARY[level]):
            over = bool(value) if sign == "||" else sign == "&&" and not value
            right = level if sign == "**" else level + 1
            other = self._passed(lambda: self._binary(right), over=over)  # noqa: B023 - called at once
            value = 0 if self.idle else _wrapped(_apply(sign, value, other))
        return value

    def _unary(self) -> int:
        if sign := self._take("!", "-", "+", "~", "++", "--"):
            if len(sign) == 2:
                raise Unreadable(f"'{sign}' before a name is not followed")
            value = self._unary()
            return _wrapped({"!": int(not value), "-": -value, "+": value, "~": ~value}[sign])
        if self._take("("):
            value = self._ternary()
            if not self._take(")"):
                raise NotANumber("(")
            return value
        kind, text = self._peek()
        self.at += 1
        if kind == "number":
            return _wrapped(number(text))
        if kind == "name":
            return self._name(text)
        raise NotANumber(text)

    def _name(self, name: str) -> int:
        if sign := self._take("=", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", "<<=", ">>="):
            value = self._ternary()
            if self.idle:
                return 0
            if sign != "=":
                value = _wrapped(_apply(sign[:-1], self._value(name), value))
            self.put(name, str(value))
            return value
        value = self._value(name)
        if (sign := self._take("++", "--")) and not self.idle:
            self.put(name, str(_wrapped(value + (1 if sign == "++" else -1))))
        return value

    def _value(self, name: str) -> int:
        """What a variable holds is arithmetic again."""
        if self.idle:
            return 0
        return calculate(self.get(name), self.get, self.put, self.deep + 1)


def _wrapped(value: int) -> int:
    """As bash's 64 bits hold it: what is too large comes round."""
    return (value + 2**63) % 2**64 - 2**63


def _apply(sign: str, a: int, b: int) -> int:
    match sign:
        case "/" | "%":
            if b == 0:
                raise NotANumber(f"{a} {sign} 0")
            quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
            return quotient if sign == "/" else a - b * quotient
        case "**" | "<<" | ">>":
            if not 0 <= b < 64:
                raise NotANumber(sign)
            return a**b if sign == "**" else a << b if sign == "<<" else a >> b
        case "&&":
            return int(bool(a and b))
        case "||":
            return int(bool(a or b))
    simple: dict[str, int] = {
        "+": a + b, "-": a - b, "*": a * b, "|": a | b, "^": a ^ b, "&": a & b, "==": int(a == b), "!=": int(a != b),
        "<": int(a < b), ">": int(a > b), "<=": int(a <= b), ">=": int(a >= b),
    }  # fmt: skip
    return simple[sign]
