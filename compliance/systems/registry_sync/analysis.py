"""What all rules over flows share, made once for an observation.

Each text of each operation is walked once, and each of its variables resolved once in every context of the flow.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.calling import contexts_of
from compliance.core.flows import flows_of
from compliance.core.symbols import Symbol
from compliance.core.template import Variable, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, MutableSequence

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
    """What one walk over an operation's options found. `redacted`: places that held a secret; `telling`: texts under a
    name that tells what they are, with their places."""

    templates: MutableSequence[Place]
    redacted: MutableSequence[str]
    telling: MutableSequence[tuple[str, str]]


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
    """All flows, the contexts of those that run, and what their variables stand for, by kind of symbol.

    `memo`: what several rules derive from it.
    """

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
        self.memo: dict[str, Any] = {}
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

    def requests(self) -> Iterator[tuple[Context, Step]]:
        """Every request that can be reached, in every context."""
        for contexts in self.contexts.values():
            for context in contexts:
                for step in context.steps:
                    if step.operation.type == "request" and context.live(step):
                        yield context, step

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
        found.templates.append(Place(name, text, parse(text)))
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
