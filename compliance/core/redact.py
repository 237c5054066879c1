"""Secrets are taken out once, at the edge, before any digest (ARCHITECTURE, Secrets)."""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import lru_cache
from typing import Any

# `$X`, `${X}`, `{{…}}` and what an earlier look has put there name a value that is kept elsewhere. Nothing else that
# begins with one of these signs does: a password may. Nor is it one where `${X:-…}` gives a value of its own: that is
# a literal, which stands there for whoever has no such variable.
_GIVEN = r"(?:[A-Za-z_][A-Za-z0-9_]*:[-=+]|[A-Z_][A-Z0-9_]*[-=+])(?!\$[A-Z_{]|<secret )(?=[^{}])"
_NAMED = (
    rf"(?-i:\{{\{{[^{{}}]*\}}\}}|\$\{{(?!{_GIVEN})[^{{}}]*\}}"
    r"|\$[A-Z_][A-Z0-9_]*(?![A-Za-z0-9_])|\$(?:env|trigger|last)\b[\w.\[\]]*"
    r"|<secret [a-z-]+ length=\d+ hash=\w+>)"
)
_PLACEHOLDER = (
    r"(?<=<)(?-i:secret): [\w.-]{1,200}>"  # what `sanitized_files` of the sync leaves in the place of one
)
_WORDS = r"(?:password|passwd|passphrase|pwd|secret|token|(?:api|access|auth|private|secret)[_-]?key)"
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "private-key",
        re.compile(
            r"(-----BEGIN [A-Z ]*PRIVATE KEY-----(?:(?!-----BEGIN).)+?-----END [A-Z ]*PRIVATE KEY-----)", re.S
        ),
    ),
    # A run of letters is tried from its beginning alone: from each letter on, a long one would take hours.
    # The password may hold an `@`, and the user may be missing, or be the secret itself.
    (
        "url-password",
        re.compile(
            rf"(?i)(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://[^\s:/@\"'<>]*:(?!(?:{_NAMED})+@)([^\s/\"'<>]+)@"
        ),
    ),
    ("url-user", re.compile(r"(?i)(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://([a-z0-9_.~%+=-]{16,})@")),
    ("bearer", re.compile(r"(?i)\bbearer\s+([A-Za-z0-9._~+/-]{8,}=*)")),
    # Of a word of prose nobody could tell it, so it has a digit, a sign, or a capital behind a small letter.
    ("basic", re.compile(r"(?i:\bbasic)\s+(?=[A-Za-z+/]*(?:[0-9=]|[a-z][A-Z]))([A-Za-z0-9+/]{8,}={0,2})")),
    ("github-token", re.compile(r"\b((?:gh[pousr]|github_pat)_[A-Za-z0-9_]{20,})\b")),
    ("provider-key", re.compile(r"(?<![\w-])((?:xox[a-z]-|[rs]k_live_|glpat-|AIza)[\w-]{16,})")),
    ("aws-key", re.compile(r"\b(AKIA[0-9A-Z]{16})\b")),
    ("jwt", re.compile(r"(?<![\w-])(eyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*)?)")),
    (
        "query",
        re.compile(
            rf"(?i)[?&](?:[a-z0-9]+[_-])*(?:{_WORDS}|key|sig|signature|auth|pass|credential)="
            rf"(?!{_NAMED}(?:[&#\"'\s]|$))([^\s&#\"'<>]{{4,}})"
        ),
    ),
    (
        "default",
        # What `${X:-…}` gives where there is no such variable: of a telling name, behind one, or behind a scheme.
        re.compile(
            rf"(?i)(?:(?<![a-z0-9])(?:{_WORDS}|authorization|cookie)[\\\"']*\s*(?::|=>|=)\s*[\\\"'`]*"
            rf"(?:(?:bearer|basic|token)\s+)?\$\{{|\b(?:bearer|basic)\s+\$\{{|\$\{{(?=\w*{_WORDS}))"
            rf"(?-i:{_GIVEN})([^{{}}]+)\}}"
        ),
    ),
    (
        "entry",
        # Quoted, the value is a text, whatever is in it: of JSON, which may stand in a text of JSON, or of a program.
        re.compile(
            rf"(?i)(?<![a-z0-9])(?:{_WORDS}|authorization|cookie)(?:\\*[\"'])?\s*(?::|=>|=)\s*"
            rf"\\*[\"'`](?!\s*(?:(?:bearer|basic|token)\s|(?:{_NAMED})))([^\"'`\s\\<>{{}}][^\"'`\n\\<>]{{5,}})\\*[\"'`]"
        ),
    ),
    (
        "assignment",
        # A value behind a telling name. `$X`, `${X}`, `{{…}}`, calls and attributes are references, not values.
        re.compile(
            rf"(?i)(?<![a-z0-9])(?!{_PLACEHOLDER}){_WORDS}"
            r"[\"']?\s*(?::|=>|=)\s*[\"']?(?![\s\"'${(<\[])([A-Za-z0-9!@#%^&*+/_~-]{6,})(?![A-Za-z0-9_.(\[])"
        ),
    ),
)
# In lower case, of which one stands in every text that a pattern above matches. Almost no text holds one, and to look
# for each of them is several times quicker than one pattern of all.
_HINTS = (
    "private key", "://", "bearer", "akia", "pass", "secret", "token", "auth", "cookie", "apikey", "accesskey",
    "privatekey", "_key", "-key", "key=", "basic ", "eyj", "pwd", "credential", "sig=", "signature",
    "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "xox", "k_live_", "glpat-", "aiza",
)  # fmt: skip

_TELLING = re.compile(
    r"(?i)(?:passw(?:or)?d|passwd|passphrase|pwd|secret|token|credential|signature|(?<![a-z])(?:auth|pass)|authorization|cookie"
    r"|(?:api|access|auth|private|secret|subscription|functions)[_-]?key)s?\s*$"
)
# What only names a value that is kept elsewhere, behind the word of a scheme too: `Bearer {{$env.X}}`, `$X`.
_REFERENCE = re.compile(rf"(?i:(?:bearer|basic|token)\s+)?[\s:;,=/]*(?:{_NAMED}[\s:;,=/]*)+")


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


def secrets(line: str) -> list[tuple[str, str]]:
    """Kind and value of each secret in a text, to be judged where it stands; the value is shown to nobody."""
    if harmless(line):
        return []
    return [(kind, match.group(1)) for kind, pattern in _PATTERNS for match in pattern.finditer(line)]


def value(found: Any, key: bytes | None) -> Any:
    """The same for a value of JSON; names of keys count as the name of what they hold."""
    if isinstance(found, str):
        return text(found, key)
    if isinstance(found, tuple):
        return tuple(value(item, key) for item in found)
    if isinstance(found, list):
        return [value(item, key) for item in found]
    if isinstance(found, dict):
        if "value" in found and isinstance(named := next(filter(None, map(found.get, _NAMING)), None), str):
            # A header of a request names what it holds beside it, not by a key.
            return {name: _entry(named if name == "value" else name, item, key) for name, item in found.items()}
        return {name: _entry(name, item, key) for name, item in found.items()}
    return found


_NAMING = ("header", "name", "key")


@lru_cache(maxsize=4096)
def _telling(name: str) -> bool:
    return _TELLING.search(name) is not None


def _entry(name: str, item: Any, key: bytes | None) -> Any:
    if _telling(name):
        if isinstance(item, str):
            return item if not item.strip() or _REFERENCE.fullmatch(item) else _mark(item, "entry", key)
        if isinstance(item, list | tuple):
            return type(item)(_entry(name, part, key) for part in item)
    return value(item, key)


def _mark(secret: str, kind: str, key: bytes | None) -> str:
    hashed = hmac.new(key, secret.encode(), hashlib.sha256).hexdigest()[:32] if key else "none"
    return f"<secret {kind} length={len(secret)} hash={hashed}>"


def _masked(match: re.Match[str], kind: str, key: bytes | None) -> str:
    start, end = match.start(1) - match.start(), match.end(1) - match.start()
    whole = match.group(0)
    return f"{whole[:start]}{_mark(match.group(1), kind, key)}{whole[end:]}"
