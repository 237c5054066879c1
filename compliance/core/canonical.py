"""One spelling of a value, so that the same state has the same digest everywhere."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


# Made once: thousands of facts are spelled one by one, and to make an encoder takes longer than to use it.
_ONE_LINE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_SPACED = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False)


def dumps(value: Any) -> bytes:
    """JSON with sorted keys, no white space and no locale; text stays text (UTF-8)."""
    return _ONE_LINE.encode(value).encode()


def pretty(value: Any) -> str:
    """The same content for a person and for git: indented, a fact or a key a line, a line feed at the end."""
    return "".join(_indented(value, "\n")) + "\n"


def _indented(value: Any, line: str) -> Iterator[str]:
    """Lists of plain values stay on one line, which is what the encoder in C can do: some hold thousands of them."""
    inner = line + "  "
    if isinstance(value, dict) and value:
        for place, name in enumerate(sorted(value)):
            yield f"{',' if place else '{'}{inner}{_SPACED.encode(name)}: "
            yield from _indented(value[name], inner)
        yield line + "}"
    elif isinstance(value, (list, tuple)) and any(isinstance(item, (dict, list, tuple)) for item in value):
        for place, item in enumerate(value):
            yield ("," if place else "[") + inner
            yield from _indented(item, inner)
        yield line + "]"
    else:
        yield _SPACED.encode(value)


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
