"""Which flows send which changes of which collection to a document service, read from the flows alone."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.template import Variable, parse
from compliance.systems.registry_sync.policy import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.flows import Flow, Flows, Operation

_SERVICE = re.compile(r"\{\{\s*\$env\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/documents(?:/([^?]*))?(?:\?.*)?")
_ENV = re.compile(r"\{\{\s*\$env\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_KEYS = frozenset({"key", "keys", "$trigger"})
Record = tuple[str, str, tuple[tuple[str, Any], ...]]


class Sent(NamedTuple):
    """A flow that an event starts, and the request that tells the service of it: its own, or its helper's."""

    flow: Flow
    helper: Flow | None
    request: Operation
    url_env: str
    named: str

    @property
    def body(self) -> dict[str, Any]:
        found = self.request.option("body")
        if isinstance(found, str):
            try:
                found = json.loads(found)
            except (ValueError, RecursionError):
                return {}
        return found if isinstance(found, dict) else {}

    @property
    def columns(self) -> dict[str, str]:
        """By entry of the document's metadata: the column that it is, where it is one and no more."""
        metadata = self.body.get("metadata")
        found = {}
        for entry, text in metadata.items() if isinstance(metadata, dict) else ():
            parts = parse(text) if isinstance(text, str) else ()
            if len(parts) == 1 and isinstance(parts[0], Variable) and isinstance(parts[0].path[-1], str):
                found[str(entry)] = parts[0].path[-1]
        order = self._text_order()
        return dict(sorted(found.items(), key=lambda item: order.get(item[1], len(order))))

    def _text_order(self) -> dict[str, int]:
        """Where each column stands in the document's text."""
        content = self.body.get("content")
        text = content.get("body") if isinstance(content, dict) else None
        parts = parse(text) if isinstance(text, str) else ()
        named = [str(part.path[-1]) for part in parts if isinstance(part, Variable)]
        return {column: place for place, column in reversed(list(enumerate(named)))}

    @property
    def key(self) -> tuple[str, str]:
        """The header that opens the service, and the variable of the environment that it holds."""
        headers = self.request.option("headers")
        for header in headers if isinstance(headers, tuple) else ():
            if isinstance(header, dict) and (found := _ENV.fullmatch(str(header.get("value")))):
                return str(header.get("header")), found[1]
        return "", ""

    def document(self, key: str) -> str:
        """The template of the document's id, as policy writes it."""
        text = self.named or str(self.body.get("document_id", ""))
        return "".join(
            part if isinstance(part, str) else f"{{{_column(part, key)}}}"
            for part in parse(text)
            if isinstance(part, (str, Variable))
        )

    def record(self, flows: Flows) -> Record | None:
        """What is made where the request fails: collection, the column of its title, and the other values."""
        made = flows.operations.get(self.request.reject or "")
        if made is None or made.type != "item-create" or not isinstance(made.option("payload"), dict):
            return None
        payload = made.option("payload")
        titles = [name for name, value in payload.items() if "{{" in str(value)]
        if len(titles) != 1:
            return None
        rest = tuple((name, value) for name, value in sorted(payload.items()) if name != titles[0])
        return str(made.option("collection")), titles[0], rest


def _column(variable: Variable, key: str) -> str:
    """What a variable of the trigger stands for: the key, or the column that it names."""
    last = variable.path[-1]
    return key if isinstance(last, int) or last in _KEYS else last


def sent(flows: Flows) -> dict[str, dict[str, Sent]]:
    """By collection and action; of several flows the first by name."""
    found: dict[str, dict[str, Sent]] = {}
    for flow in sorted(flows.flows.values(), key=lambda flow: flow.name):
        if (flow.status, flow.trigger) == ("active", "event") and (first := _first(flows, flow)) is not None:
            for action in (a for a in ACTIONS if f"items.{a}" in flow.listed("scope")):
                for collection in flow.listed("collections"):
                    found.setdefault(collection, {}).setdefault(action, first)
    return found


def _first(flows: Flows, flow: Flow) -> Sent | None:
    return next(iter(_requests(flows, flow, None)), None)


def _requests(flows: Flows, flow: Flow, helper: Flow | None) -> Iterator[Sent]:
    for step in flows.chain(helper or flow):
        operation = step.operation
        if operation.type == "trigger" and helper is None:
            called = flows.flows.get(str(operation.option("flow")))
            if called is not None:
                yield from _requests(flows, flow, called)
        url = operation.option("url") if operation.type == "request" else None
        if isinstance(url, str) and (found := _SERVICE.fullmatch(url)):
            yield Sent(flow, helper, operation, found[1], found[2] or "")
