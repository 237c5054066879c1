"""Secrets out of names and values (document 003, 'Live to Docs': replace with placeholders), in three ways at once.

By name: what a telling name holds is gone whole. By shape: what a scanner knows, addresses with a password, and what
looks random. By value: a secret that was found anywhere is taken out everywhere. The placeholder is the same each time
and says nothing of the value: no length, and no hash that somebody could guess it by.
"""

from __future__ import annotations

import base64
import math
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, quote_plus

from compliance.core import redact
from compliance.sync import assignments, detecting
from compliance.sync.environment import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_SHORTEST = 6  # a shorter value stands in too many others to be taken out of them
_TELLS = re.compile(
    r"(?i)pass(?!ive|age|thru|through|word_(?:policy|min|max|len))|pwd|secret|token(?!s?_(?:limit|count|ttl|max))|credential|dsn|cookie"
    r"|(?<![a-z])(?:auth|authorization)(?![a-z])|private|signature|salt|webhook|jwt|licen[cs]e|enterprise_code|(?<![a-z])(?:pat|pin|sid|otp)(?![a-z])"
    r"|(?<![a-z])key(?![a-z])|key$|keys$"
)
_NONE = frozenset({"", "false", "none", "null", "true"})  # how a configuration says that there is none
# A password may hold `/` and `@`: up to the last `@` of the run it counts as one.
_URL = re.compile(
    r"(?i)(?P<scheme>\b[a-z][a-z0-9+.-]*://)(?P<user>[^\s:/?#@\"'<>]*:[^\s\"'<>]+|[^\s/?#\"'<>]+)@"
)
_ARGUMENT = re.compile(
    r"(?i)(?P<name>(?<![\w.-])[\w.-]+)(?P<sign>[\"']?\s*[=:]\s*[\"']?|\s+)"
    r"(?P<value>(?:(?:bearer|basic|digest|negotiate|token|apikey)\s+)?[^\s&;,\"'<>]+)"
)
_QUERY = re.compile(
    r"(?i)(?P<head>[?&;](?:[\w.-]*(?:pass|pwd|secret|token|key|sig|signature|auth|credential|code|sid)[\w.-]*)=)(?P<value>[^\s&#;\"'<>]+)"
)
_ARMOUR = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL)
_RUN = re.compile(r"[A-Za-z0-9+/=_.~-]{16,}")
_HEX = re.compile(r"(?i)[0-9a-f]{24,}")
_UUID = re.compile(r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLACEHOLDER = re.compile(r"<secret: [^<>\n]*>")


class Entry(NamedTuple):
    name: str
    value: str


class Names(NamedTuple):
    """`secrets`: globs of names whose value is one; `public`: names of which it is not."""

    secrets: Sequence[str] = ()
    public: Sequence[str] = ()

    def tell(self, name: str) -> bool:
        if any(fnmatchcase(name, glob) for glob in self.secrets):
            return True
        return name not in self.public and (bool(_TELLS.search(name)) or assignments.Reader("", ()).tells(name))


def placeholder(name: str) -> str:
    return f"<secret: {re.sub(r'[^A-Za-z0-9_.-]', '_', name) or 'unnamed'}>"


class Sanitizer:
    """Of one run of a target. `known`: secrets by value, with the name that each is shown by."""

    def __init__(self, names: Names, known: Mapping[str, str]) -> None:
        self.names = names
        self.known = {
            form: name for value, name in known.items() if len(value) >= _SHORTEST for form in forms(value)
        }

    def learn(self, entries: Iterable[Entry]) -> None:
        """Values of telling names, before any is replaced: one may stand in what another name holds."""
        for name, value in entries:
            whole = value.strip()
            found = [match["user"].partition(":")[2] for match in _URL.finditer(value)]
            if self.names.tell(name) and whole.lower() not in _NONE:
                found += [whole, *(line.strip() for line in whole.splitlines())]
            for text in found:
                for form in forms(text) if len(text) >= _SHORTEST else ():
                    self.known.setdefault(form, name)

    def value(self, entry: Entry) -> str:
        """What may be shown of it."""
        if entry.value.strip().lower() in _NONE:
            return entry.value.strip()
        if self.names.tell(entry.name):
            return placeholder(entry.name)
        return self.text(entry.value, entry.name)

    def text(self, text: str, name: str) -> str:
        """A text with each secret in it replaced; `name`: what one is shown by that has no name of its own."""
        mark = placeholder(name)
        # Of an address user and password together, and first of all: which of them it was, nobody can tell.
        text = _URL.sub(lambda match: f"{match['scheme']}{mark}@", text)
        for value in sorted(self.known, key=len, reverse=True):
            text = _outside(text, self._known(value))
        text = _ARMOUR.sub(mark, text)
        text = _outside(text, lambda part: _QUERY.sub(lambda m: f"{m['head']}{mark}", part))
        text = _outside(text, lambda part: _ARGUMENT.sub(_argument, part))
        for _ in range(3):  # what was found may have hidden another one
            found = [value for _, value in shaped(text)]
            if not found:
                break
            for value in sorted(found, key=len, reverse=True):
                text = text.replace(value, mark)
        return _outside(text, lambda part: _RUN.sub(lambda m: mark if random(m[0]) else m[0], part))

    def _known(self, value: str) -> Callable[[str], str]:
        return lambda part: part.replace(value, placeholder(self.known[value]))


def _argument(match: re.Match[str]) -> str:
    """`--password x` and `token: x` within a value. A word of prose that only follows one is none."""
    name, value = match["name"], match["value"]
    given = bool(match["sign"].strip()) or name.startswith("-")
    if not given or value.lower() in _NONE or not Names().tell(name):
        return match[0]
    return f"{name}{match['sign']}{placeholder(name.strip('-'))}"


def _outside(text: str, change: Callable[[str], str]) -> str:
    """Placeholders stay as they are."""
    parts = _PLACEHOLDER.split(text)
    marks = _PLACEHOLDER.findall(text)
    done = [change(part) for part in parts]
    return "".join(part + mark for part, mark in zip(done, [*marks, ""]))


def forms(value: str) -> Iterator[str]:
    """A secret as it is, as it stands in an address, and packed as texts are."""
    yield value
    packed = base64.b64encode(value.encode(errors="surrogateescape")).decode()
    yield from {quote(value, safe=""), quote_plus(value), packed, packed.rstrip("=")} - {value}


def shaped(line: str) -> Iterator[tuple[str, str]]:
    """Kind and value of what a scanner takes for a secret."""
    reader = assignments.Reader("", ())
    for part in _PLACEHOLDER.split(line):
        yield from ((f"a value for {name}", value) for name, value in reader.found(part))
        yield from ((kind, value) for kind, value in redact.secrets(part) if value.strip())
        yield from detecting.found("", part)
        yield from detecting.found("", f'x = "{part}"')


def random(text: str) -> bool:
    """Does it look as if nobody had chosen it? A path, a version or a word does not; a UUID names a thing."""
    if _UUID.fullmatch(text):
        return False
    if any(len(set(run)) > 5 for run in _HEX.findall(text)):
        return True
    return any(_mixed(part) for part in re.split(r"[/.]", text)) or _mixed(
        text.replace("/", ""), apart="/" in text
    )


def _mixed(text: str, *, apart: bool = False) -> bool:
    """Capitals, small letters and digits in no order. `apart`: strokes were taken out, so that it may be a path."""
    kinds = sum(bool(re.search(kind, text)) for kind in ("[A-Z]", "[a-z]", "[0-9]"))
    changes = len(re.findall(r"[a-z][A-Z0-9]|[A-Z][0-9]|[0-9][A-Za-z]|[A-Z]{2}[a-z]", text))
    if kinds < 3 or len(text) < (28 if apart else 16):
        return False
    return entropy(text) >= (4.3 if apart else 3.6) and changes >= len(text) / (5 if apart else 8)


def entropy(text: str) -> float:
    """Bits a sign, by Shannon."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in map(text.count, set(text)))


def of_runner(given: Mapping[str, str], named: Iterable[str]) -> dict[str, str]:
    """Secrets that this run was given, by value: those that config names as such, and those whose name tells."""
    wanted = set(named)
    tell = Names().tell
    return {
        value: name
        for name, value in given.items()
        if name not in ALWAYS and not name.startswith("SYNC_") and (name in wanted or tell(name))
    }
