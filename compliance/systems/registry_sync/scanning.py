"""The texts in the options of operations, each walked once."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.template import Malformed, Variable, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableSequence

    from compliance.core.template import Template

# What a secret that was taken out at the edge left behind.
REDACTED = "<secret "


class Read(NamedTuple):
    """A text, read: its parts, and those of them that are variables."""

    template: Template
    variables: tuple[Variable, ...]
    malformed: tuple[Malformed, ...]


class Place(NamedTuple):
    """A text with variables in an operation's options."""

    name: str
    text: str
    read: Read


class Scan(NamedTuple):
    """What one walk over an operation's options found. `redacted`: places that held a secret; `telling`: texts under a
    name that tells what they are, with their places."""

    templates: MutableSequence[Place]
    redacted: MutableSequence[str]
    telling: MutableSequence[tuple[str, str]]

    def malformed(self) -> Iterator[tuple[Place, Malformed]]:
        """Texts that the renderer refuses, by name: the order of JSON's keys is another one where it was recorded."""
        wrong = [place for place in self.templates if place.read.malformed]
        for place in sorted(wrong, key=lambda place: place.name) if wrong else ():
            for part in place.read.malformed:
                yield place, part


@lru_cache(maxsize=1 << 16)
def _read(text: str) -> Read:
    template = parse(text)
    return Read(
        template,
        tuple([part for part in template if type(part) is Variable]),
        tuple([part for part in template if type(part) is Malformed]),
    )


def scanned(options: Any) -> Scan:
    """Every text in a value, however it is nested. A place gets its name only where there is something to say of it."""
    found = Scan([], [], [])
    waiting: list[tuple[str, Any]] = [("", {"": options} if type(options) is str else options)]
    while waiting:
        head, value = waiting.pop()
        if type(value) is dict:
            _object(found, waiting, head, value)
        elif type(value) is tuple:
            _list(found, waiting, head[:-1], value)
    return found


def _object(found: Scan, waiting: list[tuple[str, Any]], head: str, value: dict[str, Any]) -> None:
    for name, item in value.items():
        kind = type(item)
        if kind is str:
            telling = _TELLING.get(name)
            if telling is None:
                telling = _remembered(name)
            if telling:
                found.telling.append((head + name, item))
            if "{{" in item or REDACTED in item:
                _text(found, head + name, item)
        elif kind is dict or kind is tuple:
            waiting.append((_below(head, name), item))


def _list(found: Scan, waiting: list[tuple[str, Any]], head: str, value: tuple[Any, ...]) -> None:
    for i, item in enumerate(value):
        kind = type(item)
        if kind is str:
            if "{{" in item or REDACTED in item:
                _text(found, f"{head}[{i}]", item)
        elif kind is dict or kind is tuple:
            waiting.append((_below(head, f"[{i}]"), item))


def _text(found: Scan, name: str, text: str) -> None:
    if "{{" in text:
        found.templates.append(Place(name, text, _read(text)))
    if REDACTED in text:
        found.redacted.append(name)


def _below(head: str, name: str) -> str:
    """A place deeper than any that a person would find by its name keeps that of what it is in."""
    return f"{head}{name}." if len(head) <= _LONGEST else head


# Names of keys repeat: each is asked once.
_TELLING: dict[str, bool] = {}
_LONGEST, _MOST = 200, 10_000
_TELLS = re.compile(
    r"(?i)(?:authorization|cookie|passw(?:or)?d|passwd|secret|token|signature|credentials?|(?:api|access|auth|private)[_-]?key)$"
)


def _remembered(name: str) -> bool:
    if len(_TELLING) > _MOST:
        _TELLING.clear()
    found = _TELLING[name] = tells(name)
    return found


def tells(name: str) -> bool:
    """Does a name say that what it holds is a secret?"""
    return _TELLS.search(name.strip()) is not None
