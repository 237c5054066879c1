"""Which events start which flow, as Directus 11 registers them when it loads its flows.

A scope of items.create, items.update or items.delete names one event for each collection; without collections it names
none. Any other scope is an event as it stands, in which `*` stands for one part and `**` for several.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.triggering import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.flows import Flow, Flows

_BY_COLLECTION = frozenset({"items.create", "items.update", "items.delete"})
_ACTIONS = frozenset({"create", "update", "delete", "read", "query", "sort", "promote"})
_ITEMS = re.compile(r"(.+)\.items\.(\w+)", re.DOTALL)
_SYSTEM = "directus_"


class Listener(NamedTuple):
    """A flow that an event starts. `blocking`: it runs before the write, and can refuse it."""

    flow: Flow
    blocking: bool


class Listening:
    """The active flows by what starts them."""

    def __init__(self, flows: Flows) -> None:
        self.by_event: dict[str, list[Listener]] = defaultdict(list)
        self.patterns: dict[str, list[Listener]] = defaultdict(list)
        self.called: dict[str, Flow] = {}
        self.webhooks: dict[str, tuple[Flow, str]] = {}
        self.schedules: list[Flow] = []
        self.events: dict[str, tuple[str, ...]] = {}
        self._heard: dict[str, bool] = {}
        for flow in flows.flows.values():
            if flow.status == "active":
                self._register(flow)

    def _register(self, flow: Flow) -> None:
        match flow.trigger:
            case "event" if (kind := flow.option("type")) in ("filter", "action"):
                listener = Listener(flow, kind == "filter")
                names = self.events[flow.id] = tuple(dict.fromkeys(events(flow)))
                for name in names:
                    if "*" in name and {"*", "**"} & set(name.split(".")):
                        self.patterns[name].append(listener)
                    else:
                        self.by_event[node_of(name)].append(listener)
            case "schedule":
                self.schedules.append(flow)
            case "operation":
                self.called[flow.id] = flow
            case "webhook":
                self.webhooks[flow.id] = (flow, str(flow.option("method") or "GET"))
            case "manual":
                self.webhooks[flow.id] = (flow, "POST")

    def hears(self, node: str) -> bool:
        """Does an event start any flow? Asked for the same few events again and again."""
        found = self._heard.get(node)
        if found is None:
            found = self._heard[node] = node in self.by_event or bool(self.heard(node))
        return found

    def heard(self, node: str) -> list[str]:
        """Of an event that is emitted: the other names under which it is heard, patterns included."""
        names = names_of(node)
        found = [name for name in map(node_of, names[:-1]) if name in self.by_event]
        return found + [p for p in self.patterns if any(matches(p, name) for name in names)]

    def started(self, node: str) -> Iterator[Listener]:
        """Everything that an event starts, under whichever of its names."""
        for name in (node, *self.heard(node)):
            yield from self.by_event.get(name, ())
            yield from self.patterns.get(name, ())


def events(flow: Flow) -> Iterator[str]:
    """The events that a flow of trigger `event` is registered for."""
    collections: tuple[Any, ...] = flow.listed("collections")
    for scope in flow.listed("scope"):
        if scope not in _BY_COLLECTION:
            yield scope
            continue
        for name in collections:
            action = scope.partition(".")[2]
            yield f"{name.removeprefix(_SYSTEM)}.{action}" if name.startswith(_SYSTEM) else f"{name}.{scope}"


def node_of(name: str) -> str:
    """The node of an event: `orders.items.create` and `items.create:orders` are one."""
    if found := _ITEMS.fullmatch(name):
        return event(found[2], found[1])
    first, _, action = name.partition(".")
    if action in _ACTIONS and first not in ("items", "auth"):
        return event(action, f"{_SYSTEM}{first}")
    return f"event:{name}"


def names_of(node: str) -> tuple[str, ...]:
    """The names that Directus emits an event under; of a collection of its own it is one, else two."""
    kind, _, rest = node.partition(":")
    if kind == "event":
        return (rest,)
    action = kind.removeprefix("items.")
    if rest.startswith(_SYSTEM):
        return (f"{rest.removeprefix(_SYSTEM)}.{action}",)
    return (f"items.{action}", f"{rest}.items.{action}")


def matches(pattern: str, name: str) -> bool:
    """As eventemitter2 compares them, part by part. What it takes `**` for is its own: here that hears everything."""
    parts, names = pattern.split("."), name.split(".")
    if "**" in parts:
        return True
    return len(parts) == len(names) and all(part in ("*", other) for part, other in zip(parts, names))
