"""Secrets are taken out once, at the edge, before any digest (ARCHITECTURE, Secrets)."""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import lru_cache
from typing import Any

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "private-key",
        re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----.+?-----END [A-Z ]*PRIVATE KEY-----)", re.S),
    ),
    ("url-password", re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s:/@]+:([^\s@/]+)@")),
    ("bearer", re.compile(r"(?i)\bbearer\s+([A-Za-z0-9._~+/-]{8,}=*)")),
    ("github-token", re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{20,})\b")),
    ("aws-key", re.compile(r"\b(AKIA[0-9A-Z]{16})\b")),
    (
        "assignment",
        # A value behind a telling name. `$X`, `${X}`, `{{…}}`, calls and attributes are references, not values.
        re.compile(
            r"(?i)\b(?:[a-z0-9]+[_-])*(?:password|passwd|secret|token|api[_-]?key)"
            r"[\"']?\s*(?::|=>|=)\s*[\"']?(?![\s\"'${(<\[])([A-Za-z0-9!@#%^&*+/_~-]{6,})(?![A-Za-z0-9_.(\[])"
        ),
    ),
)
# In lower case, of which one stands in every text that a pattern above matches. Almost no text holds one, and to look
# for each of them is several times quicker than one pattern of all.
_HINTS = (
    "private key", "://", "bearer", "akia", "passw", "secret", "token", "apikey", "api_key", "api-key",
    "authorization", "cookie", "ghp_", "gho_", "ghu_", "ghs_", "ghr_",
)  # fmt: skip

_TELLING = re.compile(r"(?i)(?:password|passwd|secret|token|api[_-]?key|authorization|cookie)$")
# What only names a value that is kept elsewhere, behind the word of a scheme too: `Bearer {{$env.X}}`, `$X`.
_REFERENCE = re.compile(r"(?i)(?:(?:bearer|basic|token)\s+)?(?:\{\{|\$|<secret )")


def harmless(text: str) -> bool:
    """Does no word stand in it that a secret needs? Of a row, its text as JSON tells: no such word is escaped there.

    Beyond ASCII, a pattern that disregards case matches letters that `lower` leaves as they are: never harmless.
    """
    if not text.isascii():
        return False
    lowered = text.lower()
    for hint in _HINTS:  # noqa: SIM110 - asked of every text; a generator takes twice as long
        if hint in lowered:
            return False
    return True


def text(value: str, key: bytes | None) -> str:
    """The text with each secret replaced by its kind, length and keyed hash.

    Without a key there is no hash: one that anybody can compute would give a weak secret away.
    """
    return _short(value, key) if len(value) <= _SHORT else _replaced(value, key)


_SHORT = 64


@lru_cache(maxsize=4096)
def _short(value: str, key: bytes | None) -> str:
    """Words such as the name of a header come again with every request."""
    return _replaced(value, key)


def _replaced(value: str, key: bytes | None) -> str:
    if harmless(value):
        return value
    for kind, pattern in _PATTERNS:
        value = pattern.sub(lambda match, kind=kind: _masked(match, kind, key), value)  # type: ignore[misc]
    return value


def value(found: Any, key: bytes | None) -> Any:
    """The same for a value of JSON; names of keys count as the name of what they hold."""
    if isinstance(found, str):
        return text(found, key)
    if isinstance(found, tuple):
        return tuple(value(item, key) for item in found)
    if isinstance(found, list):
        return [value(item, key) for item in found]
    if isinstance(found, dict):
        if "value" in found and isinstance(named := found.get("header") or found.get("name"), str):
            # A header of a request names what it holds beside it, not by a key.
            return {name: _entry(named if name == "value" else name, item, key) for name, item in found.items()}
        return {name: _entry(name, item, key) for name, item in found.items()}
    return found


@lru_cache(maxsize=4096)
def _telling(name: str) -> bool:
    return _TELLING.search(name) is not None


def _entry(name: str, item: Any, key: bytes | None) -> Any:
    if isinstance(item, str) and item and _telling(name) and not _REFERENCE.match(item):
        return _mark(item, "entry", key)
    return value(item, key)


def _mark(secret: str, kind: str, key: bytes | None) -> str:
    hashed = hmac.new(key, secret.encode(), hashlib.sha256).hexdigest()[:32] if key else "none"
    return f"<secret {kind} length={len(secret)} hash={hashed}>"


def _masked(match: re.Match[str], kind: str, key: bytes | None) -> str:
    start, end = match.start(1) - match.start(), match.end(1) - match.start()
    whole = match.group(0)
    return f"{whole[:start]}{_mark(match.group(1), kind, key)}{whole[end:]}"
