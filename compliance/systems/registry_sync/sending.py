"""Which document a request to the document service writes, as far as it is known before it is sent."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from compliance.core.template import Variable, parse
from compliance.core.triggering import request_of
from compliance.systems.registry_sync import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from compliance.core.flows import Flows
    from compliance.core.template import Template
    from compliance.core.triggering import Request
    from compliance.systems.protocol import Facts

_ALL: Template = ()
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE", ""})
# What a client makes another path of before it sends it.
_RESOLVED = re.compile(r"//|/\.{1,2}(?:/|$)|\\")


class Sent(NamedTuple):
    """What the request `node` writes. `document`: the parts of its id, none where it may be any; None where the service
    tells nobody of the write."""

    node: str
    method: str
    document: Template | None


def sent(facts: Facts, flows: Flows) -> Iterator[Sent]:
    """Every request to the service: by the name of its address in the environment, or by the address itself."""
    name = facts.policies["registry_sync"].service.url_env
    variable, literal = Variable(("$env", name)), cache(lambda: _address(facts, name))
    for operation in flows.operations.values():
        request = request_of(operation)
        rest = _behind(request.url, variable, literal) if request is not None else None
        if request is not None and rest is not None:
            yield Sent(request.node, request.method, _document(request, rest))


def _address(facts: Facts, name: str) -> str:
    """What the environment says it is; empty where the file leaves that to whoever starts it."""
    return (environment.variables(facts).get(name) or "").rstrip("/").lower()


def _behind(url: str, variable: Variable, literal: Callable[[], str]) -> str | None:
    """What follows the address of the service; None of any other address. Only of one that is written out is asked
    what the address is, so that nothing else depends on the file that tells it."""
    if url.startswith("{{"):
        return url.partition("}}")[2] if parse(url)[0] == variable else None
    begin = literal()
    rest = url[len(begin) :]
    return rest if begin and url.lower().startswith(begin) and rest[:1] in ("", "/", "?", "#") else None


def _document(request: Request, rest: str) -> Template | None:
    path = re.split(r"[?#]", rest, maxsplit=1)[0]
    if request.method not in _WRITES:
        return None
    if not path.startswith("/") or _RESOLVED.search(unquote(path)):
        return _ALL
    folder, _, name = path[1:].partition("/")
    if "{{" in folder:
        return _ALL if "documents".startswith(unquote(folder.partition("{{")[0])) else None
    return _named(request, name.rstrip("/")) if unquote(folder) == "documents" else None


def _named(request: Request, name: str) -> Template | None:
    if not name:
        return _of_body(request.body) if request.method in ("POST", "") else None
    if request.method == "POST" and (name == "batch" or name.endswith("/move")):
        return None
    return tuple(unquote(part) if isinstance(part, str) else part for part in parse(name))


def _of_body(body: Any) -> Template:
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):
            return _ALL
    found = body.get("document_id") if isinstance(body, dict) else None
    return parse(found) if isinstance(found, str) and found else _ALL
