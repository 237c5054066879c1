"""Templates of Directus as its renderer reads them: `registries/tbl-{{ $trigger.keys[0] }}`.

It is micromustache 8 under `applyOptionsData`: a text that it cannot read makes the operation reject, so what is
wrong with a template is a part of it and no exception here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple, TypeAlias

_LONGEST, _DEEPEST = 1000, 10  # the renderer's own limits, of a name and of a path
_WHOLE = re.compile(r"\{\{\s*[^}\s]+\s*\}\}")
_PLAIN = re.compile(r"[^\s.\[\]'\"`+]+(?:\.[^\s.\[\]'\"`+]+)*")
_QUOTES = "'\"`"


class Variable(NamedTuple):
    """What stands between the braces: `$trigger.keys[0]` is `("$trigger", "keys", 0)`."""

    path: tuple[str | int, ...]

    def __str__(self) -> str:
        head, *rest = self.path
        return str(head) + "".join(f"[{name}]" if isinstance(name, int) else f".{name}" for name in rest)


class Malformed(NamedTuple):
    """What the renderer refuses; the operation rejects before it has done anything."""

    text: str
    why: str


Part: TypeAlias = str | Variable | Malformed
Template: TypeAlias = tuple[Part, ...]


def parse(text: str) -> Template:
    """The parts in their order, remembered by text; an empty text has none."""
    return _parsed(text) if "{{" in text else (text,) if text else ()


def whole(text: str) -> bool:
    """Is the text one variable and nothing else? Its value then keeps its type; an embedded one becomes text."""
    return _WHOLE.fullmatch(text) is not None


@lru_cache(maxsize=1 << 16)
def _parsed(text: str) -> Template:
    parts: list[Part] = []
    at = 0
    while (begin := text.find("{{", at)) >= 0:
        end = text.find("}}", begin + 2, begin + 2 + _LONGEST + 2)
        if begin > at:
            parts.append(text[at:begin])
        if end < 0:
            return (*parts, Malformed(text[begin:], "'{{' is not closed"))
        parts.append(variable(text[begin + 2 : end].strip()))
        at = end + 2
    if at < len(text):
        parts.append(text[at:])
    return tuple(parts)


@lru_cache(maxsize=1 << 16)
def variable(name: str) -> Variable | Malformed:
    """One name, as it stands between the braces."""
    if not name or "{{" in name:
        return Malformed(name, "no name between '{{' and '}}'" if not name else "'{{' within a name")
    try:
        path = name.split(".") if _PLAIN.fullmatch(name) else _path(name)
    except ValueError as error:
        return Malformed(name, str(error))
    if not path or len(path) > _DEEPEST:
        return Malformed(name, f"a path of {len(path)} names; Directus follows 1 to {_DEEPEST}")
    return Variable(tuple(map(_index, path)))


def _path(name: str) -> list[str]:
    """With brackets, quotes or spaces: `$trigger.keys[0]`, `read["a b"].c`."""
    found: list[str] = []
    at, behind_bracket = 0, False
    while (begin := name.find("[", at)) >= 0:
        end = name.find("]", begin)
        if end < 0:
            raise ValueError("']' is missing")
        found += _dotted(name[at:begin], behind_bracket)
        found.append(_bracketed(name[begin + 1 : end].strip()))
        at, behind_bracket = end + 1, True
    return found + _dotted(name[at:], behind_bracket)


def _dotted(text: str, behind_bracket: bool) -> list[str]:
    text = text.strip()
    if not text:
        return []
    if text.startswith(".") != behind_bracket:
        raise ValueError("a '.' is missing or stands where none may")
    if behind_bracket and not (text := text[1:].strip()):
        return []
    names = [part.strip() for part in text.split(".")]
    if not all(names):
        raise ValueError("an empty name between two '.'")
    return names


def _bracketed(text: str) -> str:
    if not text:
        raise ValueError("nothing between '[' and ']'")
    if text[0] in _QUOTES or text[-1] in _QUOTES:
        if len(text) < 2 or text[0] != text[-1]:
            raise ValueError("quotes that do not match")
        return text[1:-1]
    if "[" in text:
        raise ValueError("']' is missing")
    return text.removeprefix("+")


def _index(name: str) -> str | int:
    """`01` is the name of a property, `1` is an index."""
    return int(name) if name.isascii() and name.isdecimal() and (name == "0" or name[0] != "0") else name
