"""One spelling of a value, so that the same state has the same digest everywhere."""

from __future__ import annotations

import hashlib
import json
from json.encoder import encode_basestring
from typing import Any

# Made once: thousands of facts are spelled one by one, and to make an encoder takes longer than to use it.
_ONE_LINE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_SPACED = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False)


def dumps(value: Any) -> bytes:
    """JSON with sorted keys, no white space and no locale; text stays text (UTF-8)."""
    return _ONE_LINE.encode(value).encode()


def pretty(value: Any) -> str:
    """The same content for a person and for git: indented, a fact or a key a line, a line feed at the end."""
    return _indented(value, "\n") + "\n"


class Spelled(str):
    """What `pretty` makes of a value, made once: within others it stands as deep as they are. No line feed in it is of
    a text, which JSON escapes."""

    __slots__ = ()


def spelled(value: Any) -> Spelled:
    """To be part of several values that are told."""
    return Spelled(_indented(value, "\n"))


def _indented(value: Any, line: str) -> str:
    """Lists of plain values stay on one line, which is what the encoder in C can do: some hold thousands of them."""
    inner = line + "  "
    if isinstance(value, dict) and value:
        parts = [f"{_SPACED.encode(name)}: {_indented(value[name], inner)}" for name in sorted(value)]
        return "{" + inner + f",{inner}".join(parts) + line + "}"
    if isinstance(value, (list, tuple)) and any(isinstance(item, (dict, list, tuple)) for item in value):
        return "[" + inner + f",{inner}".join([_indented(item, inner) for item in value]) + line + "]"
    return value.replace("\n", line) if isinstance(value, Spelled) else _SPACED.encode(value)


def lines(value: Any, *, deep: int) -> str:
    """The same content, indented so many levels deep; what holds plain values, or is deeper, stands on one line."""
    return _to_depth(value, "\n", deep) + "\n"


def _to_depth(value: Any, line: str, deep: int) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if not isinstance(value, (dict, list, tuple)) or not deep or _flat(value):
        return _SPACED.encode(value)
    inner = line + "  "
    if isinstance(value, dict):
        names = sorted(value)
        parts = [f"{encode_basestring(name)}: {_to_depth(value[name], inner, deep - 1)}" for name in names]
        return "{" + inner + f",{inner}".join(parts) + line + "}"
    return "[" + inner + f",{inner}".join([_to_depth(item, inner, deep - 1) for item in value]) + line + "]"


def _flat(value: Any) -> bool:
    """Does it hold nothing but plain values, and lists of at most one?"""
    for item in value.values() if isinstance(value, dict) else value:
        kind = type(item)
        if kind is dict or ((kind is list or kind is tuple) and len(item) > 1):
            return False
    return True


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
