"""What all rules over flows share, made once for an observation.

Each text of each operation is walked once, and each of its variables resolved once in every context of the flow.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.calling import contexts_of
from compliance.core.flows import flows_of
from compliance.core.symbols import Symbol
from compliance.core.template import Variable, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.core.contexts import Context
    from compliance.core.flows import Flow, Flows, Operation, Step
    from compliance.core.symbols import Value
    from compliance.core.template import Malformed, Template
    from compliance.systems.protocol import Facts

# What a secret that was taken out at the edge left behind.
REDACTED = "<secret "
# Symbols that some rule asks for; what is certain to be there is not kept.
_ASKED = frozenset({"undefined", "null", "one", "sent", "env", "column", "keys", "rows"})


class Place(NamedTuple):
    """A text with variables in an operation's options."""

    name: str
    text: str
    template: Template


class Scan(NamedTuple):
    """What one walk over an operation's options found. `redacted`: places that held a secret."""

    templates: tuple[Place, ...]
    redacted: tuple[str, ...]


class Use(NamedTuple):
    """A variable where it stands, and what it stands for in a context."""

    context: Context
    step: Step
    place: Place
    variable: Variable
    value: Value

    @property
    def operation(self) -> Operation:
        return self.step.operation


class Analysis:
    """All flows, the contexts of those that run, and what their variables stand for, by kind of symbol."""

    def __init__(self, flows: Flows) -> None:
        self.flows = flows
        self.contexts = contexts_of(flows)
        self.active = tuple(flow for flow in flows.flows.values() if flow.status == "active")
        names = Counter(flow.name for flow in flows.flows.values())
        self._subjects = {
            flow.id: flow.name if flow.name and names[flow.name] == 1 else f"{flow.name} ({flow.id})"
            for flow in flows.flows.values()
        }
        self._scans: dict[str, Scan] = {}
        self.uses: dict[str, list[Use]] = {kind: [] for kind in _ASKED}
        for contexts in self.contexts.values():
            for context in contexts:
                self._resolve(context)

    def subject(self, flow: str) -> str:
        """A flow's name; with its id where another one has the same name, or it has none."""
        return self._subjects.get(flow) or f"(no flow) ({flow})"

    def scan(self, operation: Operation) -> Scan:
        """The texts in an operation's options, walked once."""
        found = self._scans.get(operation.id)
        if found is None:
            found = self._scans[operation.id] = scanned(operation.options)
        return found

    def steps(self) -> Iterator[tuple[Flow, Step]]:
        """What the active flows reach."""
        for flow in self.active:
            for step in self.flows.chain(flow):
                yield flow, step

    def used(self, *kinds: str) -> Iterable[Use]:
        return (use for kind in kinds for use in self.uses[kind])

    def _resolve(self, context: Context) -> None:
        uses = self.uses
        for step in context.steps:
            scan = self.scan(step.operation)
            if not scan.templates or not context.live(step):
                continue
            for place in scan.templates:
                for part in place.template:
                    if type(part) is Variable:
                        value = context.value(step, part)
                        kind = value.kind if type(value) is Symbol else "null" if value is None else ""
                        if kind in uses:
                            uses[kind].append(Use(context, step, place, part, value))


def scanned(options: Any) -> Scan:
    """Every text in a value, however it is nested."""
    templates: list[Place] = []
    redacted: list[str] = []
    waiting: list[tuple[str, Any]] = [("", options)]
    while waiting:
        name, value = waiting.pop()
        if type(value) is str:
            if "{{" in value:
                templates.append(Place(name, value, parse(value)))
            if REDACTED in value:
                redacted.append(name)
        elif len(name) > _LONGEST:
            waiting += [(name, item) for item in _items(value) if type(item) in _LOOKED_INTO]
        elif isinstance(value, dict):
            head = f"{name}." if name else ""
            waiting += [(head + key, item) for key, item in value.items() if type(item) in _LOOKED_INTO]
        elif isinstance(value, (tuple, list)):
            waiting += [(f"{name}[{i}]", item) for i, item in enumerate(value) if type(item) in _LOOKED_INTO]
    return Scan(tuple(templates), tuple(redacted))


def _items(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


_LOOKED_INTO = frozenset({str, dict, tuple, list})
# A place deeper than any that a person would find by its name keeps that of what it is in.
_LONGEST = 200


def malformed(scan: Scan) -> Iterator[tuple[Place, Malformed]]:
    """Texts that the renderer refuses."""
    for place in scan.templates:
        for part in place.template:
            if not isinstance(part, (str, Variable)):
                yield place, part


def analysis(facts: Facts) -> Analysis:
    """Of the flows that were observed."""
    flows = flows_of(facts.read("rows:flows"), facts.read("rows:operations"))
    found: Analysis | None = flows.memo.get(__name__)
    if found is None:
        found = flows.memo[__name__] = Analysis(flows)
    return found
