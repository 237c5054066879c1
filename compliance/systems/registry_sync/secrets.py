"""Secrets that stand as text in flows: whoever may read flows, revisions or a backup has them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from compliance.core.finding import Finding, Judgement
from compliance.core.template import parse
from compliance.systems.registry_sync.analysis import analysis
from compliance.systems.registry_sync.scanning import scanned, tells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.flows import Operation
    from compliance.systems.protocol import Facts

_TELLING_QUERY = re.compile(r"(?i)^(?:key|sig|auth|pwd|pass)$")
_HINT = re.compile(r"(?i)auth|cookie|pass|pwd|secret|token|sig|cred|key|%")
_SCHEMES = re.compile(r"(?i)^\s*(?:bearer|basic|token|digest|apikey)?[\s:=]*")
_NO_WORD = re.compile(r"[^A-Za-z0-9]")
_USER = re.compile(r"(?i)^[a-z][a-z0-9+.-]*://([^/?#@]*)@")


def no_literal_secret(facts: Facts) -> Iterator[Judgement]:
    """In headers, addresses and bodies; in flows that do not run as well. `{{$env.X}}` is how a flow names one."""
    found = analysis(facts)
    for flow in found.flows.flows.values():
        for place in sorted(scanned(flow.options).redacted):
            yield Finding(found.subject(flow.id), f"options, {place}: {_TOLD}", place)
    for operation in found.flows.operations.values():
        scan = found.scan(operation)
        if not scan.redacted and not scan.telling and operation.type != "request":
            continue
        key = operation.key or operation.id
        places = [*scan.redacted, *(place for place, text in scan.telling if _literal(text)), *_sent(operation)]
        for place in sorted(set(places)) if places else ():
            where = place or "options"
            yield Finding(found.subject(operation.flow), f"operation {key}, {where}: {_TOLD}", f"{key}-{where}")


_TOLD = "a secret stands there as text; it has to be a name such as {{$env.X}}"


def _sent(operation: Operation) -> Iterator[str]:
    if operation.type == "request":
        yield from _headers(operation.option("headers"))
        yield from _url(operation.option("url"))


def _headers(headers: Any) -> Iterator[str]:
    for i, item in enumerate(headers if isinstance(headers, tuple) else ()):
        name, value = (item.get("header"), item.get("value")) if isinstance(item, dict) else (None, None)
        if isinstance(name, str) and isinstance(value, str) and tells(name) and _literal(value):
            yield f"headers[{i}].value"


def _url(url: Any) -> Iterator[str]:
    if not isinstance(url, str):
        return
    user = _USER.match(url) if "@" in url else None
    if user and _literal(user[1]):
        yield "url"
    query = url.partition("?")[2].partition("#")[0]
    if "=" not in query:
        return
    try:
        pairs = parse_qsl(query, keep_blank_values=True) if _HINT.search(query) else []
    except ValueError:
        return
    for name, value in pairs:
        if (tells(name) or _TELLING_QUERY.search(name)) and _literal(value):
            yield "url"


@lru_cache(maxsize=1 << 12)
def _literal(value: str) -> bool:
    """Is there anything but variables, apart from the word that says how to read it? Separators alone are nothing."""
    parts = parse(value)
    if len(parts) == 1 and not isinstance(parts[0], str):
        return False
    text = _SCHEMES.sub("", "".join(part for part in parts if isinstance(part, str)))
    return len(_NO_WORD.sub("", text)) >= (8 if "{{" in value else 1)
