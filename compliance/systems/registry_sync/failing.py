"""Operations that fail without anybody knowing, or that cannot but fail."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from compliance.core.finding import Finding, Judgement
from compliance.core.template import Variable, parse, whole
from compliance.systems.registry_sync.analysis import analysis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.flows import Flow, Operation, Step
    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.analysis import Analysis
    from compliance.systems.registry_sync.scanning import Scan

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "SEARCH"})
_NEEDED = {
    "request": ("url", "method"), "item-read": ("collection",), "item-create": ("collection", "payload"),
    "item-update": ("collection", "payload"), "item-delete": ("collection",), "trigger": ("flow",), "exec": ("code",),
}  # fmt: skip


def failures_are_recorded(facts: Facts) -> Iterator[Judgement]:
    """What follows a failed request inserts a row into the collection that policy names; itself or a flow it calls."""
    found = analysis(facts)
    recorders = _Recorders(found, facts.policy.failures.collection)
    for flow in found.active:
        steps = found.flows.chain(flow)
        places = {step.operation.id: step for step in steps}
        for step in steps:
            if step.operation.type != "request":
                continue
            after = places.get(step.operation.reject or "")
            if after is None:
                why = "its failure ends the flow without a word"
            elif recorders.within(flow, after.enter, after.leave):
                continue
            else:
                why = f"its failure leads to {_key(after)}; none of what follows inserts into {recorders.collection}"
            yield Finding(found.subject(flow.id), f"operation {_key(step)}: {why}", _key(step))


class _Recorders:
    """How many of a flow's steps record a failure, counted up once, so that any part of it is known by two of these."""

    def __init__(self, found: Analysis, collection: str) -> None:
        self._found, self.collection = found, collection
        self._counts: dict[str, list[int]] = {}

    def within(self, flow: Flow, enter: int, leave: int) -> bool:
        counts = self._counted(flow)
        return counts[leave + 1] > counts[enter]

    def _counted(self, flow: Flow, depth: int = 8) -> list[int]:
        known = self._counts.get(flow.id)
        if known is None:
            steps = self._found.flows.chain(flow)
            self._counts[flow.id] = [0] * (len(steps) + 1)  # what calls itself records nothing by that
            records = (self._records(step.operation, depth) for step in steps)
            known = self._counts[flow.id] = [0, *accumulate(records)]
        return known

    def _records(self, operation: Operation, depth: int) -> bool:
        if operation.type == "item-create":
            return bool(operation.option("collection") == self.collection)
        name = operation.option("flow") if operation.type == "trigger" else None
        called = self._found.flows.flows.get(name) if isinstance(name, str) and depth else None
        if called is None or called.status != "active" or called.trigger != "operation":
            return False
        return self._counted(called, depth - 1)[-1] > 0


def operations_can_be_carried_out(facts: Facts) -> Iterator[Judgement]:
    """Options that Directus cannot use make an operation reject each time, before it has done anything."""
    found = analysis(facts)
    for flow, step in found.steps():
        for facet, why in _wrong(step.operation, found.scan(step.operation)):
            yield Finding(found.subject(flow.id), f"operation {_key(step)}: {why}", f"{_key(step)}-{facet}")


def _wrong(operation: Operation, scan: Scan) -> Iterator[tuple[str, str]]:
    if not isinstance(operation.options, dict):
        yield "options", "its options are no object"
        return
    for name in _NEEDED.get(operation.type, ()):
        if operation.options.get(name) in (None, "", ()):
            yield name, f"has no {name}"
    for place, part in scan.malformed():
        yield place.name, f"{place.name}: a template that cannot be read: {part.why}"
    if operation.type == "request":
        yield from _request(operation)


def _request(operation: Operation) -> Iterator[tuple[str, str]]:
    method, headers, body = (operation.option(name) for name in ("method", "headers", "body"))
    if isinstance(method, str) and method and "{{" not in method and method.upper() not in _METHODS:
        yield "method", f"there is no method '{method[:40]}'"
    if headers is not None and not (isinstance(headers, str) and whole(headers)) and not _listed(headers):
        yield "headers", "its headers are no list of {header, value}: they have to be"
    if isinstance(body, str) and body.lstrip()[:1] in ("{", "[") and _embeds(body):
        yield (
            "body",
            "its body is JSON as text with variables in it, which a quote in a value breaks: give an object",
        )


def _listed(headers: Any) -> bool:
    return isinstance(headers, tuple) and all(isinstance(item, dict) and item.get("header") for item in headers)


def _embeds(text: str) -> bool:
    return not whole(text) and any(isinstance(part, Variable) for part in parse(text))


def _key(step: Step) -> str:
    return step.operation.key or step.operation.id
