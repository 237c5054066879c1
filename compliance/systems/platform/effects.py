"""What is certain of one operation: what it writes, what it sends along, what a run that it starts is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from compliance.systems.platform.conditions import UNKNOWN
from compliance.systems.platform.listening import names_of

if TYPE_CHECKING:
    from compliance.core.flows import Flow, Operation

# Types that neither emit nor send; `condition` and `throw-error` decide which way a run goes.
SILENT = frozenset({"condition", "json-web-token", "log", "sleep", "throw-error", "transform"})


def told(flow: Flow, operation: Operation) -> str:
    """An operation, to a person."""
    return f"'{flow.name}', operation {operation.key}"


def place(flow: Flow, operation: Operation) -> str:
    """The same within a sentence."""
    return f"operation {operation.key} of '{flow.name}'"


def sent(operation: Operation) -> dict[str, Any] | None:
    """What is certain of the row that is sent, None if nothing is: a list is sent one by one."""
    payload = operation.option("payload")
    if operation.type == "item-delete":
        return None
    if isinstance(payload, str):
        try:
            payload = json.loads(payload) if "{{" not in payload else None
        except (ValueError, RecursionError):
            return None
    if not isinstance(payload, dict):
        return None
    return {name: UNKNOWN if _open(value) else value for name, value in payload.items()}


def _open(value: Any) -> bool:
    return isinstance(value, (dict, list, tuple)) or (isinstance(value, str) and "{{" in value)


def nested(payload: Any) -> bool:
    """May the payload hold rows of related collections? Only an object or a list can, or what stands for one."""
    if isinstance(payload, str):
        return "{" in payload
    if isinstance(payload, (list, tuple)):
        return any(not isinstance(item, dict) or nested(item) for item in payload)
    if not isinstance(payload, dict):
        return False
    return any(
        isinstance(v, (dict, list, tuple)) or (isinstance(v, str) and _whole(v)) for v in payload.values()
    )


def _whole(text: str) -> bool:
    """Rendered without a text around it, a value keeps its type."""
    return text.startswith("{{") and text.endswith("}}")


def meta(node: str) -> dict[str, Any]:
    """What every run that this event starts has in its `$trigger`.

    Of Directus' own collections not the collection: what a new field tells there is the collection it is made in.
    """
    kind, _, rest = node.partition(":")
    if kind == "event":
        return {"event": rest}
    known = {"event": names_of(node)[-1]}
    return known if rest.startswith("directus_") else {**known, "collection": rest}
