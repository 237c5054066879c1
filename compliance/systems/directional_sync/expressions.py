"""Expressions of GitHub Actions, `${{ … }}`, as far as they can be told before a run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from compliance.systems.directional_sync.shell.syntax import UNKNOWN, Unreadable

if TYPE_CHECKING:
    from compliance.systems.directional_sync.shell.state import Oracle

_TOKEN = re.compile(
    r"\s*(?:'((?:[^']|'')*)'|(-?(?:0x[0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?))|([A-Za-z_][A-Za-z0-9_-]*)"
    r"|(==|!=|<=|>=|&&|\|\||[()\[\]!<>.,*]))"
)
_HELD = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_WORDS = {"true": True, "false": False, "null": None}
STATUS = re.compile(r"\b(?:always|success|failure|cancelled)\s*\(")


class Open(dict[str, Any]):
    """A context of which only some is known; the rest of it is unknown, not missing."""


def fill(text: str, contexts: Mapping[str, Any], oracle: Oracle) -> str:
    """A text with its expressions in place."""
    return _HELD.sub(lambda match: written(evaluate(match[1], contexts, oracle)), text)


def value(text: Any, contexts: Mapping[str, Any], oracle: Oracle) -> Any:
    """Of a key such as `if:`: an expression with or without its signs, or a text that holds some."""
    if not isinstance(text, str):
        return text
    stripped = text.strip()
    whole = _HELD.fullmatch(stripped)
    if whole is not None and "${{" not in whole[1]:
        return evaluate(whole[1], contexts, oracle)
    return fill(text, contexts, oracle) if "${{" in text else evaluate(stripped, contexts, oracle)


def evaluate(text: str, contexts: Mapping[str, Any], oracle: Oracle) -> Any:
    """Raises `Unreadable`."""
    reader = _Reader(text, contexts, oracle)
    found = reader.either()
    if reader.at < len(reader.tokens):
        raise Unreadable(f"the expression '{text.strip()}' is not followed")
    return found


def true(value: Any, oracle: Oracle) -> bool:
    """As GitHub takes it; what is unknown is asked for."""
    if isinstance(value, str) and UNKNOWN in value:
        return oracle.choose()
    return bool(value) or isinstance(value, (dict, list))


def written(value: Any) -> str:
    """As it stands in a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return UNKNOWN if isinstance(value, (dict, list)) else str(value)


@lru_cache(maxsize=1024)
def _tokens(text: str) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastindex is None:
            raise Unreadable(f"the expression '{text}' is not followed")
        found.append((("text", "number", "name", "sign")[match.lastindex - 1], match[match.lastindex]))
        place = match.end()
    return tuple(found)


class _Reader:
    def __init__(self, text: str, contexts: Mapping[str, Any], oracle: Oracle) -> None:
        self.contexts, self.oracle, self.text, self.at = contexts, oracle, text.strip(), 0
        self.tokens = _tokens(self.text)

    def _lost(self) -> Unreadable:
        return Unreadable(f"the expression '{self.text}' is not followed")

    def _sign(self, *signs: str) -> str:
        if self.at < len(self.tokens):
            kind, text = self.tokens[self.at]
            if kind == "sign" and text in signs:
                self.at += 1
                return text
        return ""

    def _need(self, sign: str) -> None:
        if not self._sign(sign):
            raise self._lost()

    def either(self) -> Any:
        """`||` gives the first that is true, `&&` the first that is not."""
        found = self._both()
        while self._sign("||"):
            other = self._both()
            found = found if true(found, self.oracle) else other
        return found

    def _both(self) -> Any:
        found = self._equal()
        while self._sign("&&"):
            other = self._equal()
            found = other if true(found, self.oracle) else found
        return found

    def _equal(self) -> Any:
        found = self._ordered()
        while sign := self._sign("==", "!="):
            other = self._ordered()
            same = self.oracle.choose() if _unknown(found, other) else _same(found, other)
            found = same == (sign == "==")
        return found

    def _ordered(self) -> Any:
        found = self._not()
        while sign := self._sign("<", "<=", ">", ">="):
            other = self._not()
            found = self.oracle.choose() if _unknown(found, other) else _before(found, sign, other)
        return found

    def _not(self) -> Any:
        if self._sign("!"):
            return not true(self._not(), self.oracle)
        return self._reached()

    def _reached(self) -> Any:
        """A value, and what is reached from it by `.name` and `[…]`."""
        found = self._one()
        while True:
            if self._sign("."):
                if self._sign("*"):
                    found = UNKNOWN
                    continue
                kind, name = self._next()
                if kind != "name":
                    raise self._lost()
                found = _property(found, name)
            elif self._sign("["):
                index = UNKNOWN if self._sign("*") else self.either()
                self._need("]")
                found = UNKNOWN if _unknown(index, "") else _property(found, index)
            else:
                return found

    def _next(self) -> tuple[str, str]:
        if self.at == len(self.tokens):
            raise self._lost()
        self.at += 1
        return self.tokens[self.at - 1]

    def _one(self) -> Any:
        kind, text = self._next()
        match kind:
            case "text":
                return text.replace("''", "'")
            case "number":
                return float(int(text, 16)) if "x" in text else float(text)
            case "name" if self._sign("("):
                return self._call(text)
            case "name":
                return _WORDS[text] if text in _WORDS else _property(self.contexts, text)
        if text != "(":
            raise self._lost()
        found = self.either()
        self._need(")")
        return found

    def _call(self, name: str) -> Any:
        given: list[Any] = []
        while not self._sign(")"):
            given.append(self.either())
            if not self._sign(","):
                self._need(")")
                break
        function = self.contexts.get(f"{name.lower()}()")
        if function is not None:
            return function
        known = _FUNCTIONS.get(name.lower())
        if known is None or _unknown(*given):
            return UNKNOWN
        try:
            return known(given)
        except (IndexError, KeyError, ValueError, TypeError):
            raise self._lost() from None


def _unknown(*values: Any) -> bool:
    return any(isinstance(value, Open) or (isinstance(value, str) and UNKNOWN in value) for value in values)


def _property(found: Any, name: Any) -> Any:
    """Names of keys are told apart by no capital letter."""
    if isinstance(found, str) and UNKNOWN in found:
        return UNKNOWN
    if isinstance(found, list):
        place = int(name) if isinstance(name, float) else -1
        return found[place] if 0 <= place < len(found) else None
    if not isinstance(found, Mapping):
        return None
    wanted = written(name).lower()
    for each, value in found.items():
        if each.lower() == wanted:
            return value
    return UNKNOWN if isinstance(found, Open) else None


def _same(a: Any, b: Any) -> bool:
    """Texts are compared without regard to capitals; values of two kinds as numbers."""
    if isinstance(a, str) and isinstance(b, str):
        return a.lower() == b.lower()
    if a is None and b is None:
        return True
    if isinstance(a, (dict, list)) or isinstance(b, (dict, list)):
        return a is b
    return _number(a) == _number(b)


def _before(a: Any, sign: str, b: Any) -> bool:
    pair: Any = (
        (a.lower(), b.lower()) if isinstance(a, str) and isinstance(b, str) else (_number(a), _number(b))
    )
    x, y = pair
    return bool({"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[sign])


def _number(value: Any) -> float:
    if value is None or value == "":
        return 0.0
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _contains(given: list[Any]) -> bool:
    if isinstance(given[0], list):
        return any(_same(item, given[1]) for item in given[0])
    return written(given[1]).lower() in written(given[0]).lower()


def _format(given: list[Any]) -> str:
    return re.sub(r"\{(\d+)\}", lambda match: written(given[int(match[1]) + 1]), written(given[0]))


_FUNCTIONS: Mapping[str, Callable[[list[Any]], Any]] = {
    "contains": _contains,
    "startswith": lambda given: written(given[0]).lower().startswith(written(given[1]).lower()),
    "endswith": lambda given: written(given[0]).lower().endswith(written(given[1]).lower()),
    "format": _format,
    "join": lambda given: (written(given[1]) if len(given) > 1 else ",").join(map(written, given[0])),
    "fromjson": lambda given: json.loads(given[0]),
}
