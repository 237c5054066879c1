"""YAML that a person reads and corrects: mappings of mappings as blocks, all else as JSON spells it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = frozenset({"true", "false", "null"})
_LONGEST = 1024  # signs of a key that no `?` stands before
# What JSON may leave as it is and YAML may not, or takes for the end of a line.
_ODD = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def block(value: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Line by line."""
    end = f"\n{indent}"
    for name, item in value.items():
        head = f"{indent}{_key(name, end)}:"
        if isinstance(item, dict) and any(isinstance(inner, (dict, list)) for inner in item.values()):
            yield head
            yield from block(item, indent + "  ")
        else:
            yield f"{head} {_flow(item)}"


def comment(text: str) -> str:
    """A line that no text of an estate can leave."""
    return f"# {_quoted(text)}"


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _quoted(value)


def _key(key: str, end: str = " ") -> str:
    """What stands before the colon; `end`: what has to stand between a long key and that."""
    plain = _PLAIN_KEY.fullmatch(key) and key not in _WORDS
    spelled = key if plain else _quoted(key)
    return spelled if len(spelled) <= _LONGEST else f"? {spelled}{end}"


def _quoted(value: Any) -> str:
    """As JSON spells it."""
    return _ODD.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
