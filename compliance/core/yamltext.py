"""YAML that a person reads and corrects: mappings of mappings as blocks, all else as JSON spells it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = frozenset({"true", "false", "null"})


def block(value: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Line by line."""
    for name, item in value.items():
        head = f"{indent}{_key(name)}:"
        if isinstance(item, dict) and any(isinstance(inner, (dict, list)) for inner in item.values()):
            yield head
            yield from block(item, indent + "  ")
        else:
            yield f"{head} {_flow(item)}"


def comment(text: str) -> str:
    """A line that no text of an estate can leave."""
    return f"# {json.dumps(text, ensure_ascii=False)}"


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _key(key: str) -> str:
    plain = _PLAIN_KEY.fullmatch(key) and key not in _WORDS
    return key if plain else json.dumps(key, ensure_ascii=False)
