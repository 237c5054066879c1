"""A flow with what its `$trigger` may be, and what each variable of its operations stands for then."""

from __future__ import annotations

import json
from bisect import bisect_left
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.deciding import decided
from compliance.core.flows import frozen
from compliance.core.symbols import (
    ENVIRONMENT,
    Object,
    Symbol,
    Text,
    Value,
    descend,
    undefined,
    unknown,
)
from compliance.core.template import Malformed, Variable, parse, whole

if TYPE_CHECKING:
    from compliance.core.flows import Flow, Flows, Operation, Step

# A text that a flow hands to itself may grow with each call; beyond so many parts it is not known what it is. Nor is
# which of many operations of one key a name means, beyond so many.
_LARGEST, _NEAR = 500, 64
_DECIDES = frozenset({"condition", "throw-error"})
_SILENT = frozenset({"condition", "log", "mail", "sleep"})  # their result is null


class Origin(NamedTuple):
    """The flow that began, and the event that it began at."""

    flow: str
    event: Symbol | None


class Context:
    """One flow, and what `$trigger` is."""

    __slots__ = ("_keys", "_known", "_live", "_results", "flow", "flows", "origin", "steps", "trigger")

    def __init__(self, flows: Flows, flow: Flow, trigger: Value, origin: Origin) -> None:
        self.flows, self.flow, self.trigger, self.origin = flows, flow, trigger, origin
        self.steps = flows.chain(flow)
        self._known: dict[tuple[str | int, ...], Value] = {}
        self._keys: dict[str, list[Step]] | None = None
        self._live: list[bool] | None = None
        self._results: dict[tuple[int, bool], Value] = {}

    def live(self, step: Step) -> bool:
        """Can it be reached? A condition over what the trigger hands over may be decided already."""
        if self._live is None:
            decides = any(each.operation.type in _DECIDES for each in self.steps)
            self._live = self._reached() if decides else []
        return not self._live or self._live[step.enter]

    def value(self, step: Step, variable: Variable) -> Value:
        """What a variable of this step's options stands for."""
        path = variable.path
        head = path[0]
        if head in ("$trigger", "$env", "$accountability"):
            if path not in self._known:
                self._known[path] = self._followed(self._given(head), variable)
            return self._known[path]
        return self._followed(self._last(step) if head == "$last" else self._by_key(step, str(head)), variable)

    def render(self, step: Step, option: Any, depth: int = 32) -> Value:
        """An option with its templates filled in."""
        if isinstance(option, str):
            return self._text(step, option)
        if depth == 0:
            return unknown("options deeper than any that are read")
        if isinstance(option, dict):
            return Object(tuple((k, self.render(step, v, depth - 1)) for k, v in option.items()))
        if isinstance(option, tuple):
            return tuple(self.render(step, v, depth - 1) for v in option)
        return option

    def parsed(self, step: Step, option: Any) -> Value:
        """The same of an option that may be a JSON object or the text of one."""
        if not isinstance(option, str) or whole(option):
            return self.render(step, option)
        try:
            return self.render(step, frozen(json.loads(option)))
        except (ValueError, RecursionError):
            return unknown("a text that becomes JSON only once it is filled in")

    def _text(self, step: Step, text: str) -> Value:
        if "{{" not in text:
            return text
        parts = parse(text)
        if whole(text) and isinstance(parts[0], Variable):
            return self.value(step, parts[0])
        found: list[Value] = []
        for part in parts:
            found += self._parts(step, part)
        return Text(tuple(found))

    def _parts(self, step: Step, part: str | Variable | Malformed) -> tuple[Value, ...]:
        if isinstance(part, str):
            return (part,)
        value = unknown(part.why) if isinstance(part, Malformed) else self.value(step, part)
        if isinstance(value, Text):
            return (
                value.parts if len(value.parts) <= _LARGEST else (unknown("a text that grows with each call"),)
            )
        return (value,)

    def _followed(self, value: Value, variable: Variable) -> Value:
        for name in variable.path[1:]:
            value = descend(value, name)
            if type(value) is Symbol and value.kind == "undefined":
                break
        return undefined(variable) if type(value) is Symbol and value.kind == "undefined" else value

    def _given(self, head: str | int) -> Value:
        if head == "$trigger":
            return self.trigger
        if head == "$env":
            return ENVIRONMENT
        return Symbol("null", "nobody") if self.flow.trigger == "schedule" else unknown("who")

    def _last(self, step: Step) -> Value:
        if step.before is None:
            return self.trigger
        return self._result_of(self.steps[step.place], step.via == "resolve")

    def _by_key(self, step: Step, key: str) -> Value:
        """The result of the last operation of this key that ran before, whichever way was taken from it."""
        if self._keys is None:
            self._keys = {}
            for each in self.steps:
                self._keys.setdefault(each.operation.key, []).append(each)
        found = self._keys.get(key, [])
        upto = len(found) if len(found) < 2 else bisect_left(found, step.enter, key=lambda each: each.enter)
        for before in reversed(found[max(0, upto - _NEAR) : upto]):
            if before.leads_to(step):
                return self._result_of(before, self._resolved(before, step))
        return undefined(key) if upto <= _NEAR else unknown(f"one of {upto} operations named {key}")

    def _resolved(self, before: Step, step: Step) -> bool:
        """Does the way from one step to a later one begin with a success? What follows a failure enters last."""
        after = self.flows.within(self.flow.id, before.operation.resolve)
        first = self.steps[before.enter + 1]
        return first.via == "resolve" and first.operation is after and step.enter <= first.leave

    def _result_of(self, step: Step, resolved: bool) -> Value:
        name = (step.enter, resolved)
        if name not in self._results:
            self._results[name] = self._result(step, resolved)
        return self._results[name]

    def _result(self, step: Step, resolved: bool) -> Value:
        operation = step.operation
        if not resolved:
            return unknown(f"what the failure of {operation.key} says")
        if operation.type in _SILENT:
            return Symbol("null", f"{operation.type} gives nothing")
        if operation.type == "request":
            return Symbol("response", "response")
        if operation.type == "transform":
            return self.parsed(step, operation.option("json"))
        if operation.type == "item-read":
            return self._read(step, operation)
        if operation.type == "item-create":
            return self._created(operation)
        return unknown(f"what {operation.type} gives")

    def _read(self, step: Step, operation: Operation) -> Value:
        collection, key = operation.option("collection"), self.render(step, operation.option("key"))
        if not isinstance(collection, str) or "{{" in collection:
            return unknown("a row of some collection")
        fields = fields_of(operation.option("query"))
        if isinstance(key, Symbol) and key.kind == "keys":
            return Symbol("rows", collection, fields)
        return unknown("what a query finds") if _several(key) else Symbol("row", collection, fields)

    def _created(self, operation: Operation) -> Value:
        collection = operation.option("collection")
        single = isinstance(operation.option("payload"), dict) and isinstance(collection, str)
        return (Symbol("key", str(collection)),) if single else unknown("the keys of new rows")

    def _reached(self) -> list[bool]:
        found: list[bool] = []
        for step in self.steps:
            begins = step.place < 0
            found.append(begins or (found[step.place] and self._goes(self.steps[step.place], step)))
        return found

    def _goes(self, before: Step, step: Step) -> bool:
        kind = before.operation.type
        if kind == "throw-error":
            return step.via == "reject"
        if kind != "condition":
            return True
        found = decided(before.operation.option("filter"), lambda path: self.value(before, Variable(path)))
        return found is None or found == (step.via == "resolve")


def _several(key: Value) -> bool:
    """Is a key none at all, which reads by query, or more than one? Directus divides a text at its commas."""
    if isinstance(key, Symbol):
        return key.kind in ("rows", "null", "unknown", "event", "payload", "sent")
    if isinstance(key, tuple):
        return len(key) != 1
    return key is None or key == "" or (isinstance(key, str) and "," in key)


def fields_of(query: Any) -> str:
    """The columns that a query asks for, if it names them."""
    fields = query.get("fields") if isinstance(query, dict) else None
    if not isinstance(fields, tuple) or not all(isinstance(f, str) for f in fields) or "*" in "".join(fields):
        return ""
    return ",".join(dict.fromkeys(field.partition(".")[0] for field in fields))
