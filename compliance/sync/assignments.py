"""Where a line gives a value to a telling name, as in `KEY=value`, `key: "value"`, `{"key": K, "value": V}`.

`safety.secret_patterns` of the document (003, 'Secret Protection') are such names. The check that people wrote before
looked for each mention of them and matched its own repository 388 times; here a mention is none, and a reference to
what is kept elsewhere (`$X`, `{{…}}`, a placeholder, the name of a variable) is no value, and several words
without quotes are prose.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ASSIGNED = re.compile(
    r"(?<![\w.-])(?<!\$\{)(?:--)?\\{0,4}[\"'`]?(?P<name>[A-Za-z_][\w.-]{0,120})\\{0,4}[\"'`]?\]?\s{0,20}"
    r"(?P<sign>:=|=>|=(?!=)|:(?!:))\s{0,20}"
    r"(?:\\{0,4}(?P<quote>\"|'|`)(?P<quoted>(?:(?!\\{0,4}(?P=quote)).){0,2000})\\{0,4}(?P=quote)"
    r"|(?P<plain>[^\s\"'`,;&|][^\s\"'`,;&|\\]{0,1000})(?P<rest>.{0,200}))"
)
# Names that tell a secret without anybody naming them: those of the scanner, which judges quoted values alone.
TELLING = re.compile(
    r"(?i)passw(?:or)?d|passphrase|(?<![a-z])pwd(?![a-z])|secret|(?<![a-z])token(?!s|iz)|credential"
    r"|(?:api|access|auth|private|service|account|client|encryption|signing)[_-]?key"
)
# Without one of these no name in a line is such a one: most lines have none, and to look for assignments takes long.
_HINT = re.compile(r"(?i)passw|passphrase|pwd|secret|token|credential|key")
_PLACED = re.compile(
    r"[\^$\\]|\(\?"
)  # a pattern that asks what stands around a name says nothing of a whole line
# What only says of a secret where it is, or of which kind.
_ABOUT = re.compile(
    r"(?i)(?:^|[_.-])(?:files?|paths?|dirs?|folder|env|ref|names?|types?|length|count|ttl|expir\w*|policy|patterns?|hint|urls?"
    r"|uri|endpoint|baseline|schema|version|required|enabled|field|column|header|prefix|label|title|description)$"
    r"|(?:File|Path|Name|Type|Url|Ref|Length|Policy)$"
)
_HELD = re.compile(r"(?i)^(?:key|name|header|variable|var|env)$")  # what names what its neighbour `value` holds
_VALUE = re.compile(r"(?i)^(?:value|default|val)$")
_NEAR = 4  # lines that may stand between the two
_ELSEWHERE = re.compile(
    r"\$(?![^A-Za-z_{(]).*|\{\{.*|%\(.*|%[A-Z_]+%|@\{.*|<[a-z].*|\(.*|\[.*|\{.*|&.*|[!*]\w+.*|EV\[.*|op://.*|vault:.*|env:.*|file:.*"
    r"|(?:/|\./|\.\./|~/).*|[\w./-]+\.(?:ya?ml|json|txt|pem|key|crt|md|env|ini|toml|py|sh|ts|js|sql)"
    r"|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|https?://[^\s@]*"
)
_NOTHING = re.compile(
    r"(?i).*(?:\.\.\.|…).*|.*redacted.*|[*x•._#-]+|your[-_ ].*|.*placeholder.*|null|none|nil|true|false|yes|no|on|off"
    r"|undefined|optional|required|string|str|text|bytes|number|integer|boolean|object|any|varchar|password|secret|token"
    r"|masked|hidden|empty|unset|[~^<>=]*\d+(?:\.\d+)+[\w.+-]*|[0-9]{1,5}|\d+(?:\.\d+)?[a-z]{0,2}"
)
_CODE = re.compile(
    r"\.(?:pyi?|[mc]?jsx?|tsx?|vue|go|java|kt|rb|php|[ch]|cc|cpp|cs|rs|swift|scala|sql|pl|lua|html|xml|s?css|svg|pot?)"
)
_PROSE = re.compile(r"\.(?:md|rst|txt|adoc|csv|log)")
_SHORTEST = 4


class Assigned(NamedTuple):
    """A value given to a telling name, which may be shown; the value may not."""

    name: str
    value: str


class Reader:
    """Reads a file line by line; what a name beside it holds may stand some lines below."""

    def __init__(self, path: str, patterns: Sequence[re.Pattern[str]]) -> None:
        suffix = PurePosixPath(path).suffix.lower()
        self.code, self.prose = bool(_CODE.fullmatch(suffix)), bool(_PROSE.fullmatch(suffix))
        self.patterns = (*patterns, TELLING)
        self.hints = None if any(_PLACED.search(each.pattern) for each in patterns) else (*patterns, _HINT)
        self.held, self.left = "", 0

    def passed(self) -> None:
        """A line that gives no value to anything."""
        self.left -= 1

    def found(self, line: str) -> Iterator[Assigned]:
        self.passed()
        if not (self.held and self.left >= 0) and self.hints and not any(h.search(line) for h in self.hints):
            return
        place = 0
        while match := _ASSIGNED.search(line, place):
            # What stands unquoted may hold an assignment itself, as an address does: `url: https://x?token=…`.
            place = match.end("quoted") if match["quoted"] is not None else max(match.end("sign"), place + 1)
            name = self._named(match)
            if name and self._counts(match):
                yield Assigned(name, match["quoted"] if match["quoted"] is not None else match["plain"])

    def _named(self, match: re.Match[str]) -> str:
        """The telling name that this value is of, if there is one."""
        name, value = match["name"], match["quoted"] or match["plain"] or ""
        if self.tells(name):
            return name
        if _HELD.match(name) and self.tells(value) and not re.search(r"\s", value):
            self.held, self.left = value, _NEAR
        elif _VALUE.match(name) and self.left >= 0 and self.held:
            found, self.held = self.held, ""
            return found
        return ""

    def tells(self, name: str) -> bool:
        """Is this a name for a secret, and not for where or what it is?"""
        return not _ABOUT.search(name) and any(pattern.search(name) for pattern in self.patterns)

    def _counts(self, match: re.Match[str]) -> bool:
        if match["quoted"] is not None:
            value: str = match["quoted"]
            return literal(value) and not ((self.code or self.prose) and " " in value.strip())
        plain: str = match["plain"]
        if self.code or not literal(plain) or match["rest"].startswith("("):
            return False
        if match["sign"] == "=" or not (self.prose or match["rest"].strip(" ,;'\"`")):
            return not re.match(r"\s+[=<>!]", match["rest"])
        # Prose says 'Token: see the vault'; a value has a digit, and nothing behind it but a remark.
        remark = not match["rest"].strip(" .,;`'\"") or match["rest"].lstrip().startswith("#")
        return remark and (not self.prose or bool(re.search(r"\d", plain)))


def literal(value: str) -> bool:
    """Is this a value, and not a word for one that is kept elsewhere, or for none?"""
    text = value.strip()
    return len(text) >= _SHORTEST and not _ELSEWHERE.fullmatch(text) and not _NOTHING.fullmatch(text)
