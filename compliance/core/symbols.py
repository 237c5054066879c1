"""What stands for what in a flow's data, before anything has run: values that are not known but named.

FACTS, 'Directus': a create has `key` and `payload`, an update and a delete have `keys` and `payload`; whoever takes
`keys[0]` loses every other row of a bulk change; what is not there is rendered as the text `undefined`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from compliance.core.flows import Flow

Kind: TypeAlias = Literal[
    "event",  # what an event hands over; `name`: its action, as in `update` or `filter.update`
    "key",  # the key of the one row that this is about
    "keys",  # the keys of all rows that this is about
    "one",  # the key of one of these rows: the others are lost
    "payload",  # the fields that were sent; `name`: create or update
    "sent",  # a field that is there only if it was sent
    "row",  # a row that was read; `name`: what its query asks for, empty for everything
    "rows",  # rows that were read
    "one of rows",  # one of several rows that were read
    "column",  # a value of a row that was read
    "environment",  # all variables that the process lets flows see
    "env",  # one of them
    "response",  # of a request
    "undefined",  # nothing; `of`: the path that leads nowhere
    "null",  # `of`: why
    "unknown",  # `of`: why
]


class Symbol(NamedTuple):
    """`of`: the collection or the name, and what `kind` says. `name`: of a column, an action."""

    kind: Kind
    of: str = ""
    name: str = ""

    def __str__(self) -> str:
        return _SHOWN.get(self.kind, "<{0.kind} {0.of}>").format(self)


_SHOWN = {
    "key": "<key of {0.of}>",
    "keys": "<all keys of {0.of}>",
    "one": "<one key of {0.of}>",
    "sent": "<{0.name} of {0.of}, if it was sent>",
    "column": "<{0.name} of {0.of}>",
    "env": "<{0.of} of the environment>",
    "undefined": "undefined",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class Object:
    """A JSON object whose values may be symbols."""

    items: tuple[tuple[str, Any], ...]

    def get(self, name: str) -> Any:
        return next((value for key, value in self.items if key == name), None)


@dataclass(frozen=True, slots=True)
class Text:
    """Text with symbols in it."""

    parts: tuple[Any, ...]

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else str(part) for part in self.parts)


Value: TypeAlias = Any  # JSON with tuples for lists, Object for objects, and Symbol and Text within

ENVIRONMENT = Symbol("environment")
_ITEMS = ("create", "update", "delete")
_RESPONSE = frozenset({"status", "statusText", "headers", "data"})
_REQUEST = frozenset({"path", "query", "body", "method", "headers"})


def undefined(path: object) -> Symbol:
    return Symbol("undefined", str(path))


def unknown(why: str) -> Symbol:
    return Symbol("unknown", why)


def absent(value: Value) -> bool:
    """Would it be rendered as `undefined` or `null`?"""
    return value is None or (isinstance(value, Symbol) and value.kind in ("undefined", "null"))


def events_of(flow: Flow) -> tuple[Symbol, ...]:
    """What its scope listens to, as FlowManager registers it: `items.create` once for each collection."""
    if flow.trigger != "event":
        return ()
    prefix = "filter." if flow.option("type") == "filter" else ""
    found: dict[Symbol, None] = {}
    for scope in flow.listed("scope"):
        head, _, action = scope.rpartition(".")
        if head == "items" and action in _ITEMS:
            found |= dict.fromkeys(Symbol("event", c, prefix + action) for c in flow.listed("collections"))
        elif head.endswith(".items") and action in _ITEMS:
            found[Symbol("event", head.removesuffix(".items"), prefix + action)] = None
        else:
            found[Symbol("event", "", scope)] = None
    return tuple(found)


def handed_over(flow: Flow) -> tuple[Value, ...]:
    """What `$trigger` may be at the first operation, except of a flow that other flows call."""
    match flow.trigger:
        case "event":
            return events_of(flow)
        case "schedule":
            return (Symbol("null", "a schedule hands over nothing"),)
        case "webhook" | "manual":
            return (Symbol("response", "request"),)
    return ()


def descend(value: Value, name: str | int) -> Value:
    """A property as the renderer follows it: only objects and lists have any."""
    if isinstance(value, Symbol):
        follow = _FOLLOW.get(value.kind)
        return follow(value, name) if follow else undefined(name)
    if isinstance(value, Object):
        return next((v for key, v in value.items if key == str(name)), undefined(name))
    if isinstance(value, tuple) and not isinstance(value, Symbol):
        if name == "length":
            return len(value)
        return value[name] if isinstance(name, int) and name < len(value) else undefined(name)
    return undefined(name)


def _of_event(event: Symbol, name: str | int) -> Value:
    filters, _, action = event.name.rpartition(".")
    if action not in _ITEMS or filters not in ("", "filter"):
        return unknown(f"what the event {event.name} hands over")
    collection = event.of
    keys = Symbol("keys", collection)
    match name:
        case "collection":
            return unknown("any collection") if "*" in collection or not collection else collection
        case "event":
            return unknown("the name of the event")
        case "payload":
            return keys if action == "delete" else Symbol("payload", collection, action)
        case "key" if action == "create" and not filters:
            return Symbol("key", collection)
        case "keys" if (action == "update") or (action == "delete" and not filters):
            return keys
    return undefined(name)


def _of_keys(keys: Symbol, name: str | int) -> Value:
    if isinstance(name, int):
        return Symbol("one", keys.of)
    return unknown("how many") if name == "length" else undefined(name)


def _of_rows(rows: Symbol, name: str | int) -> Value:
    if isinstance(name, int):
        return Symbol("one of rows", rows.of, rows.name)
    return unknown("how many") if name == "length" else undefined(name)


def _of_row(row: Symbol, name: str | int) -> Value:
    if isinstance(name, int) or (row.name and name not in row.name.split(",")):
        return undefined(name)
    return Symbol("column", row.of, name) if row.kind == "row" else Symbol("one", row.of, name)


def _of_response(response: Symbol, name: str | int) -> Value:
    if name in (_REQUEST if response.of == "request" else _RESPONSE):
        return unknown(f"what a {response.of or 'request'} brings")
    return undefined(name)


_FOLLOW: dict[str, Callable[[Symbol, str | int], Value]] = {
    "event": _of_event,
    "keys": _of_keys,
    "rows": _of_rows,
    "row": _of_row,
    "one of rows": _of_row,
    "payload": lambda s, name: Symbol("sent", s.of, str(name)),
    # A column may hold JSON.
    "sent": lambda s, name: Symbol("sent", s.of, f"{s.name}.{name}"),
    "column": lambda s, name: Symbol("column", s.of, f"{s.name}.{name}"),
    "environment": lambda _, name: Symbol("env", str(name)),
    "response": _of_response,
    "unknown": lambda s, _: s,
}


def elements(value: Value) -> tuple[Value, ...]:
    """What a called flow is handed over: a list calls it once for each of its elements."""
    if isinstance(value, Symbol):
        if value.kind == "keys":
            return (Symbol("key", value.of),)
        return (Symbol("row", value.of, value.name),) if value.kind == "rows" else (value,)
    return tuple(dict.fromkeys(value)) if isinstance(value, tuple) else (value,)


def flat(value: Value) -> tuple[str | Symbol, ...]:
    """As text within text: neighbouring pieces of plain text joined."""
    parts: list[str | Symbol] = []
    for part in value.parts if isinstance(value, Text) else (value,):
        piece = part if isinstance(part, (str, Symbol)) else _spelled(part)
        if piece == "":
            continue
        if parts and isinstance(piece, str) and isinstance(parts[-1], str):
            parts[-1] += piece
        else:
            parts.append(piece)
    return tuple(parts)


def _spelled(value: Value) -> str | Symbol:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value) if isinstance(value, (int, float)) else unknown("a list or an object as text")
