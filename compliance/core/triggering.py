"""What can trigger something has a name here, which every system uses, and what a request to an address means.

A text of which parts are not known is a `Template`: its texts are known, its variables may stand for anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from compliance.core.template import Variable, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compliance.core.flows import Operation

# The way back from whatever cannot be looked into: it may cause any event, and call any flow that can be called.
ANYTHING = "anything in Directus"
# What Directus says of every request to it, whatever the request asks for.
HTTP = ("authenticate", "response", "request.error", "request.not_found")
ANY = "*"
WRITES = {"item-create": "create", "item-update": "update", "item-delete": "delete"}
_HIDDEN = "\0"


def event(action: str, collection: str) -> str:
    """`items.create:orders`; of a collection of Directus' own it is the same event under another name."""
    return f"items.{action}:{collection}"


_ACTIONS = {
    "POST": ("create",),
    "PATCH": ("update",),
    "DELETE": ("delete",),
    "GET": ("query", "read"),
    "SEARCH": ("query", "read"),
}
_SYSTEM = frozenset(
    {
        "access", "activity", "collections", "comments", "dashboards", "fields", "files", "flows", "folders",
        "notifications", "operations", "panels", "permissions", "policies", "presets", "relations", "revisions",
        "roles", "settings", "shares", "translations", "users",
    }
)  # fmt: skip
_MAIL = "event:email.send"
# What else a write there emits: who is told of something gets a mail, and one of whom a comment speaks is told.
_ALONG = {
    "files": ("event:files.upload",),
    "comments": (event("create", "directus_notifications"), _MAIL),
    "notifications": (_MAIL,),
}
_MAILING = frozenset({("users", "invite"), ("users", "register"), ("shares", "invite"), ("auth", "password")})
# Endpoints that can do what others can, by what they are sent.
_WIDE = frozenset({"ai", "deployments", "extensions", "graphql", "mcp", "schema", "utils", "versions"})
_ADDRESS = re.compile(r"(?i)(https?://[^/?#\0]*)(.*)", re.DOTALL)


def flow_node(flow: str) -> str:
    return f"flow:{flow}"


def webhook_node(flow: str) -> str:
    return f"webhook:{flow}"


def document_node(text: str) -> str:
    return f"documents:{text}"


def collection_of(operation: Operation) -> str:
    """The collection that it names, or any where that is rendered first."""
    found = operation.option("collection")
    return found if isinstance(found, str) and "{{" not in found else ANY


def emits(operation: Operation) -> bool:
    """Directus emits where `emitEvents` is true to JavaScript, to which the text 'false' is; without it, not."""
    value = operation.option("emitEvents")
    return isinstance(value, (dict, list, tuple)) or bool(value)


class Request(NamedTuple):
    """An operation that sends a request. `method`: empty where it is not known."""

    operation: Operation
    method: str
    url: str

    @property
    def node(self) -> str:
        """Of one operation: what two send to one address may differ in what they send."""
        return f"request:{self.method or 'any method'} {self.url} [{self.operation.id}]"

    @property
    def body(self) -> Any:
        return self.operation.option("body")


def request_of(operation: Operation) -> Request | None:
    """What an operation of type `request` sends; without an address it sends nothing."""
    if operation.type != "request":
        return None
    url, method = operation.option("url"), operation.option("method")
    if not isinstance(url, str):
        return None
    if not isinstance(method, str):
        return Request(operation, "GET" if method is None else "", url)
    return Request(operation, "" if "{{" in method else method.upper(), url)


def literal_prefix(parts: Sequence[object]) -> tuple[str, bool]:
    """What a text begins with for certain, and whether that is all of it."""
    known: list[str] = []
    for part in parts:
        if not isinstance(part, str):
            return "".join(known), False
        known.append(part)
    return "".join(known), True


def may_start_with(parts: Sequence[object], prefix: str) -> bool:
    """Whether a text may begin so: what is not known may be anything. False is a proof."""
    known, whole = literal_prefix(parts)
    return known.startswith(prefix) or (not whole and prefix.startswith(known))


class Address(NamedTuple):
    """`base`: a known address, `$env.NAME`, or empty where a variable decides it. `path`: NUL for what is not known."""

    base: str
    path: str

    @property
    def segments(self) -> list[str]:
        return self.path.partition("?")[0].partition("#")[0].strip("/").split("/")


def address(url: str) -> Address:
    """The parts of an address that a template gives."""
    parts = parse(url)
    text = "".join(part if isinstance(part, str) else _HIDDEN for part in parts)
    if found := _ADDRESS.fullmatch(text):
        # `http://{{host}}/…`: the scheme alone says nothing
        base, rest = found[1], found[2]
        return Address("" if rest.startswith(_HIDDEN) else base, rest)
    first = parts[0] if parts else ""
    if isinstance(first, Variable) and first.path[0] == "$env":
        return Address(str(first), text[1:])
    return Address("", text)


class Reached(NamedTuple):
    """`targets`: what a request would make happen in a Directus; None where its path is none of Directus' paths."""

    base: str
    targets: tuple[str, ...] | None


def reached(method: str, url: str) -> Reached:
    """What a request means to the Directus that gets it. `method`: empty for any."""
    base, _ = found = address(url)
    segments = found.segments
    for place, name in enumerate(segments[:-1]):
        if name == "flows" and segments[place + 1] == "trigger":
            return Reached(base, (webhook_node(_named(segments[place + 2 : place + 3])), *_http()))
        if name == "items":
            return Reached(base, (*_events(method, _named(segments[place + 1 : place + 2])), *_http()))
    first = segments[0]
    if first in _WIDE or (not base and _HIDDEN in found.path):
        return Reached(base, (ANYTHING,))
    if first in _SYSTEM:
        return Reached(base, (*_events(method, f"directus_{first}"), *_along(method, segments), *_http()))
    if first == "auth":
        own = ("event:auth.login", event("update", "directus_users"))
        return Reached(base, (*own, *_along(method, segments), *_http()))
    return Reached(base, None)


def _along(method: str, segments: list[str]) -> tuple[str, ...]:
    if method in ("GET", "SEARCH", "DELETE"):
        return ()
    return (_MAIL,) if tuple(segments[:2]) in _MAILING else _ALONG.get(segments[0], ())


def _named(found: list[str]) -> str:
    return ANY if not found or not found[0] or _HIDDEN in found[0] else unquote(found[0])


def _events(method: str, collection: str) -> Iterator[str]:
    actions = _ACTIONS.get(method, ()) if method else sorted({a for all_ in _ACTIONS.values() for a in all_})
    for action in actions:
        yield event(action, collection)


def _http() -> Iterator[str]:
    for name in HTTP:
        yield f"event:{name}"
