"""`verify.py` of a bundle: the modules that check one, joined to a file that needs nothing beside it."""

from __future__ import annotations

import re
from pathlib import Path

_MODULES = ("spelling", "ed25519", "verify")
_DOCSTRING = re.compile(r'\A""".*?"""\n', re.DOTALL)
# The first is said once, at the head; the second is there already.
_LEFT_OUT = re.compile(r"^from (?:__future__|compliance\.evidence\.\w+) import .*\n", re.MULTILINE)


def text() -> bytes:
    """First what the file that runs says of itself, last its own code."""
    parts = [_split(name) for name in _MODULES]
    code = "".join(code for _, code in parts)
    return f"{parts[-1][0]}\nfrom __future__ import annotations\n{code}".encode()


def _split(name: str) -> tuple[str, str]:
    """The docstring of a module, and the rest of it."""
    source = Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
    match = _DOCSTRING.match(source)
    assert match is not None
    return match[0], _LEFT_OUT.sub("", source[match.end() :])
