"""Secrets that stand as text in flows: whoever may read flows, revisions or a backup has them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from compliance.core.finding import Finding, Judgement
from compliance.core.template import parse
from compliance.systems.registry_sync.analysis import analysis, scanned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.flows import Operation
    from compliance.systems.protocol import Facts

_TELLING = re.compile(
    r"(?i)(?:authorization|cookie|passw(?:or)?d|passwd|secret|token|signature|credentials?|(?:api|access|auth|private)[_-]?key)$"
)
_TELLING_QUERY = re.compile(r"(?i)^(?:key|sig|auth|pwd|pass)$")
_HINT = re.compile(r"(?i)auth|cookie|pass|pwd|secret|token|sig|cred|key|%")
_SCHEMES = re.compile(r"(?i)^\s*(?:bearer|basic|token|digest|apikey)?[\s:=]*")
_USER = re.compile(r"(?i)^[a-z][a-z0-9+.-]*://([^/?#@]*)@")


def no_literal_secret(facts: Facts) -> Iterator[Judgement]:
    """In headers, addresses and bodies; in flows that do not run as well. `{{$env.X}}` is how a flow names one."""
    found = analysis(facts)
    for flow in found.flows.flows.values():
        for place in scanned(flow.options).redacted:
            yield Finding(found.subject(flow.id), f"options, {place}: {_TOLD}", place)
    for operation in found.flows.operations.values():
        key = operation.key or operation.id
        for place in sorted({*found.scan(operation).redacted, *_places(operation)}):
            where = place or "options"
            yield Finding(found.subject(operation.flow), f"operation {key}, {where}: {_TOLD}", f"{key}-{where}")


_TOLD = "a secret stands there as text; it has to be a name such as {{$env.X}}"


def _places(operation: Operation) -> Iterator[str]:
    if not isinstance(operation.options, dict):
        return
    if operation.type == "request":
        yield from _headers(operation.options.get("headers"))
        yield from _url(operation.options.get("url"))
    yield from _named(operation.options)


def _headers(headers: Any) -> Iterator[str]:
    for i, item in enumerate(headers if isinstance(headers, tuple) else ()):
        name, value = (item.get("header"), item.get("value")) if isinstance(item, dict) else (None, None)
        if (
            isinstance(name, str)
            and isinstance(value, str)
            and _TELLING.search(name.strip())
            and _literal(value)
        ):
            yield f"headers[{i}].value"


def _url(url: Any) -> Iterator[str]:
    if not isinstance(url, str):
        return
    user = _USER.match(url)
    if user and _literal(user[1]):
        yield "url"
    query = url.partition("?")[2].partition("#")[0]
    try:
        pairs = parse_qsl(query, keep_blank_values=True) if _HINT.search(query) else []
    except ValueError:
        return
    for name, value in pairs:
        if (_TELLING.search(name) or _TELLING_QUERY.search(name)) and _literal(value):
            yield "url"


def _named(options: dict[str, Any]) -> Iterator[str]:
    """Anywhere below: a text under a name that tells what it is."""
    waiting: list[tuple[str, Any]] = [("", options)]
    while waiting:
        head, value = waiting.pop()
        head = head if len(head) <= _LONGEST else f"{head[:_LONGEST]}…."
        if isinstance(value, dict):
            for name, item in value.items():
                if type(item) is str:
                    if _ending(name) and _literal(item):
                        yield f"{head}{name}"
                elif item and type(item) in (dict, tuple):
                    waiting.append((f"{head}{name}.", item))
        else:
            waiting += [(f"{head}{i}.", item) for i, item in enumerate(value) if type(item) in (dict, tuple)]


_LONGEST = 200
_ENDINGS = (
    "password",
    "passwd",
    "secret",
    "token",
    "key",
    "authorization",
    "cookie",
    "credentials",
    "credential",
)


@lru_cache(maxsize=1 << 12)
def _ending(name: str) -> bool:
    """The same as the pattern, asked of the end first: nearly no name gets further, and names repeat."""
    return name.lower().endswith(_ENDINGS) and _TELLING.search(name) is not None


def _literal(value: str) -> bool:
    """Is there anything but variables, apart from the word that says how to read it? Separators alone are nothing."""
    text = _SCHEMES.sub("", "".join(part for part in parse(value) if isinstance(part, str)))
    has_variable = "{{" in value
    return len(re.sub(r"[^A-Za-z0-9]", "", text)) >= (8 if has_variable else 1)
