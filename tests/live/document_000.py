"""The flows as document 000 describes them, as somebody had made them by hand: 18, with its names and document ids."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.live.directus_live import Live

URL = "{{$env.AGENT_DATA_URL}}/documents"
KEY = {"header": "X-API-Key", "value": "{{$env.AGENT_DATA_API_KEY}}"}
JSON = {"header": "Content-Type", "value": "application/json"}
# 'Flows Created': the label, and the id of the document after a create and an update; a delete knows the key alone.
LABELS = {
    "table_registry": ("Table Registry", "{table_id}", "tbl-{id}"),
    "workflows": ("Workflows", "wf-{id}", "wf-{id}"),
    "workflow_steps": ("Workflow Steps", "ws-{id}", "ws-{id}"),
    "workflow_change_requests": ("WCR", "wcr-{id}", "wcr-{id}"),
    "workflow_categories": ("Workflow Categories", "wcat-{id}", "wcat-{id}"),
    "workflow_step_relations": ("Step Relations", "wsr-{id}", "wsr-{id}"),
}
FIELDS = {"table_registry": ("code", "table_id"), "workflow_change_requests": ("code", "status")}
SCOPES = {"Create": "items.create", "Update": "items.update", "Delete": "items.delete"}


class Flow(NamedTuple):
    """A flow, and its operations in order: key, type, options. None of them has a way for what fails."""

    name: str
    options: dict[str, Any]
    operations: list[tuple[str, str, dict[str, Any]]]


def flows() -> Iterator[Flow]:
    """All 18."""
    for collection, (label, sent, deleted) in LABELS.items():
        for action, scope in SCOPES.items():
            name = f"[DOT-REG] {label} {action} -> AD"
            first = ("log", "log", {"message": name})
            rest = _delete(collection, deleted) if action == "Delete" else _send(collection, sent, action)
            options = {"type": "action", "scope": [scope], "collections": [collection]}
            yield Flow(name, options, [first, *rest])


def _send(collection: str, template: str, action: str) -> list[tuple[str, str, dict[str, Any]]]:
    """'Split create/update for trigger variable compatibility'."""
    key = "{{$trigger.key}}" if action == "Create" else "{{$trigger.keys[0]}}"
    parent = f"registries/{collection}"
    document = f"{parent}/{template.format(id='{{read.id}}', table_id='{{read.table_id}}')}"
    fields = {name: f"{{{{read.{name}}}}}" for name in FIELDS.get(collection, ("code",))}
    text = "\n\n".join(["# {{read.name}}", *fields.values()])
    body = {
        "document_id": document, "parent_id": parent, "content": {"mime_type": "text/markdown", "body": text},
        "metadata": {**fields, "title": "{{read.name}}", "collection": collection},
    }  # fmt: skip
    request = {"method": "POST", "url": f"{URL}?upsert=true", "headers": [KEY, JSON], "body": json.dumps(body)}
    read = {"collection": collection, "key": key, "permissions": "$full"}
    return [("read", "item-read", read), ("send", "request", request)]


def _delete(collection: str, template: str) -> list[tuple[str, str, dict[str, Any]]]:
    document = f"registries/{collection}/{template.format(id='{{$trigger.keys[0]}}')}"
    return [("send", "request", {"method": "DELETE", "url": f"{URL}/{document}", "headers": [KEY]})]


def install(live: Live) -> dict[str, str]:
    """In place of the flows that policy declares, through the API; the documents lie where such flows had put them.

    Returns the id of each flow by its name.
    """
    ours = live.rows("select id::text from public.directus_flows where name like '[DOT-REG]% -> AD%'")
    live.data("DELETE", "/flows", [flow for (flow,) in ours])
    ids = {}
    for flow in flows():
        keys = [str(uuid.uuid4()) for _ in flow.operations]
        following = [*keys[1:], None]
        operations = [
            {"id": id_, "key": key, "name": key.capitalize(), "type": kind, "options": options, "resolve": then,
             "position_x": 19 + 18 * place, "position_y": 1}
            for place, (id_, then, (key, kind, options)) in enumerate(zip(keys, following, flow.operations))
        ]  # fmt: skip
        body = {
            "name": flow.name, "status": "active", "trigger": "event", "accountability": "all",
            "options": flow.options, "operation": keys[0], "operations": operations[::-1],
        }  # fmt: skip
        ids[flow.name] = live.data("POST", "/flows", body)["id"]
    live.rows(
        "update agent_data.kb_documents d set key = 'registries__table_registry__' || t.table_id,"
        " data = jsonb_set(d.data, '{document_id}', to_jsonb('registries/table_registry/' || t.table_id))"
        " from public.table_registry t where d.key = 'registries__table_registry__tbl-' || t.id"
    )
    return ids
