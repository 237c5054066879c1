"""Which variables of a flow some rule asks about, found once for all flows of one shape.

What kind of value a variable stands for depends on the way through the flow, on what types, keys and variables its
operations have, and on what sets it off; not on the names of collections or on the text around the variables. So
flows that are alike in these have their answers at the same places. The values themselves are not shared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from compliance.core.contexts import fields_of
from compliance.core.symbols import Symbol

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable

    from compliance.core.contexts import Context
    from compliance.core.flows import Operation
    from compliance.systems.registry_sync.scanning import Scan

# Symbols that some rule asks for; what is certain to be there is not kept.
ASKED = frozenset({"undefined", "null", "one", "sent", "env", "column", "keys", "rows"})
# What is decided or made by their options is not in the shape: each of these flows is looked at by itself.
_OWN = frozenset({"condition", "throw-error", "transform"})
# Of these the name says which collection they are of, or why they are what they are; it changes no kind.
_NAMED = frozenset({"event", "key", "keys", "row", "rows", "one", "null", "unknown"})

Scans: TypeAlias = "tuple[Scan, ...]"


class Hit(NamedTuple):
    """The place of a variable: the number of its step, of the text in that and of the variable in that."""

    step: int
    text: int
    variable: int


Hits: TypeAlias = dict[str, tuple[Hit, ...]]


def shape(context: Context, scans: Scans) -> Hashable | None:
    """Of two contexts with one shape each variable stands for the same kind of value; None: this one has no like."""
    trigger = context.trigger
    if type(trigger) is not Symbol or trigger.kind not in _NAMED:
        return None
    parts: list[Hashable] = []
    for step, scan in zip(context.steps, scans, strict=True):
        operation = step.operation
        kind = operation.type
        if kind in _OWN:
            return None
        made = None
        if kind == "item-read" or kind == "item-create":
            made = _made(operation)
            if made is None:
                return None
        variables = tuple([place.read.variables for place in scan.templates])
        parts.append((step.via, step.place, operation.key, kind, made, variables))
    of = trigger.of
    return (trigger.kind, trigger.name, not of, "*" in of, "," in of, context.flow.trigger, tuple(parts))


def _made(operation: Operation) -> Hashable | None:
    """What the result of a read or a create depends on, apart from the collection's name."""
    options = operation.options
    if not isinstance(options, dict):
        return ()
    collection = options.get("collection")
    if operation.type == "item-create":
        return (type(collection) is str, type(options.get("payload")) is dict)
    key = options.get("key")
    if not (key is None or type(key) is str):
        return None
    return (type(collection) is str and "{{" not in collection, key, fields_of(options.get("query")))


def found(context: Context, scans: Scans) -> Hits:
    """The variables that some rule asks for, by kind, in the order of steps and places."""
    hits: dict[str, list[Hit]] = {}
    for at, (step, scan) in enumerate(zip(context.steps, scans, strict=True)):
        if not scan.templates or not context.live(step):
            continue
        for number, place in enumerate(scan.templates):
            for which, variable in enumerate(place.read.variables):
                value = context.value(step, variable)
                kind = value.kind if type(value) is Symbol else "null" if value is None else ""
                if kind in ASKED:
                    hits.setdefault(kind, []).append(Hit(at, number, which))
    return {kind: tuple(places) for kind, places in hits.items()}


def may_be_of(context: Context, collections: Collection[str]) -> bool:
    """May a variable stand for a part of a row of one of these? Rows come from what a step reads, and from what set
    the flow off; of what is put together on the way anything may be part."""
    trigger = context.trigger
    if type(trigger) is not Symbol or trigger.of in collections:
        return True
    for step in context.steps:
        operation = step.operation
        if operation.type == "transform":
            return True
        if operation.type == "item-read" and operation.option("collection") in collections:
            return True
    return False


Known: TypeAlias = "dict[Hashable, Hits]"


def hits_of(context: Context, scans: Scans, known: Known) -> Hits:
    """The variables that some rule asks for: looked for once for each shape."""
    like = shape(context, scans)
    if like is None:
        return found(context, scans)
    hits = known.get(like)
    if hits is None:
        hits = known[like] = found(context, scans)
    return hits
