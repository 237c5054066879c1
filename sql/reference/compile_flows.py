"""Write `32_registry_flows.sql`: the flows of registry sync and count refresh, with their operations.

Ids are uuid5 of the name: who knows the name knows the id, and a second insert is a conflict, no duplicate;
PostgreSQL has no uuid5 of its own. Of the document's 18 flows each update and delete hands its keys to a helper
flow, once for each key: a bulk change fires once with many keys, and `keys[0]` alone would lose the others.

    python sql/reference/compile_flows.py
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path

COLLECTIONS = (
    ("table_registry", "Table Registry", "tbl"),
    ("workflows", "Workflows", "wf"),
    ("workflow_steps", "Workflow Steps", "ws"),
    ("workflow_change_requests", "WCR", "wcr"),
    ("workflow_categories", "Workflow Categories", "wcat"),
    ("workflow_step_relations", "Step Relations", "wsr"),
)
JSON_HEADER = {"header": "Content-Type", "value": "application/json"}
KEY_HEADER = {"header": "X-API-Key", "value": "{{$env.AGENT_DATA_API_KEY}}"}
DOCUMENTS = "{{$env.AGENT_DATA_URL}}/documents"

Operation = tuple[str, str, object, str | None, str | None]  # key, type, options, resolve, reject


def identity(kind: str, name: str) -> str:
    """The id that follows from a name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"dot-compliance:registry_sync:{kind}:{name}"))


def quoted(value: object) -> str:
    """A SQL literal."""
    if value is None:
        return "null"
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return "'" + text.replace("'", "''") + "'"


def failure(key: str, flow: str) -> Operation:
    """Where a rejected operation ends: without this Directus ends the flow and says nothing."""
    payload = {"title": f"{flow} failed at {key}", "issue_type": "REGISTRY_SYNC", "source": "registry_sync"}
    options: dict[str, object] = {"collection": "system_issues", "emitEvents": False, "payload": payload}
    return (f"failed_{key}", "item-create", {**options, "permissions": "$full"}, None, None)


def upsert(flow: str, collection: str, prefix: str, key: str) -> list[Operation]:
    """Read the row and send it; the trigger knows only the fields that were sent."""
    document = {
        "document_id": f"registries/{collection}/{prefix}-{key}",
        "parent_id": f"registries/{collection}",
        "content": {"mime_type": "text/markdown", "body": "# {{read.name}}\n\n{{read.code}}"},
        "metadata": {"title": "{{read.name}}", "code": "{{read.code}}", "collection": collection},
    }
    read = {"collection": collection, "key": key, "permissions": "$full", "emitEvents": False}
    send = {
        "method": "POST",
        "url": f"{DOCUMENTS}?upsert=true",
        "headers": [KEY_HEADER, JSON_HEADER],
        "body": document,
    }
    return [
        ("read", "item-read", read, "send", "failed_read"),
        ("send", "request", send, None, "failed_send"),
        failure("read", flow),
        failure("send", flow),
    ]


def delete(flow: str, collection: str, prefix: str) -> list[Operation]:
    """Delete under the id it was created under."""
    url = f"{DOCUMENTS}/registries/{collection}/{prefix}-{{{{$trigger}}}}"
    send: dict[str, object] = {"method": "DELETE", "url": url, "headers": [KEY_HEADER]}
    return [("send", "request", send, None, "failed_send"), failure("send", flow)]


def log(message: str, then: str) -> Operation:
    """Log first: a flow that fails later has left a trace."""
    return ("log", "log", {"message": message}, then, None)


def flows() -> list[tuple[str, str, object, list[Operation]]]:
    """name, trigger, options, operations (the first one is the root)."""
    made: list[tuple[str, str, object, list[Operation]]] = []
    for collection, label, prefix in COLLECTIONS:
        for action in ("Create", "Update", "Delete"):
            name = f"[DOT-REG] {label} {action} -> AD"
            scope = {"type": "action", "scope": [f"items.{action.lower()}"], "collections": [collection]}
            if action == "Create":
                rest = upsert(name, collection, prefix, "{{$trigger.key}}")
                made.append((name, "event", scope, [log(name, "read"), *rest]))
                continue
            helper = f"{name} (one document)"
            each = {"flow": identity("flow", helper), "payload": "{{$trigger.keys}}", "iterationMode": "serial"}
            made.append((name, "event", scope, [log(name, "each"), ("each", "trigger", each, None, None)]))
            body = upsert(helper, collection, prefix, "{{$trigger}}") if action == "Update" else None
            made.append((helper, "operation", {"return": "$last"}, body or delete(helper, collection, prefix)))
    name = "[DOT-REG] Count Refresh (6h)"
    send = {"method": "POST", "url": "{{$env.WEB_URL}}/api/registry/refresh-counts", "headers": [JSON_HEADER]}
    refresh: list[Operation] = [("send", "request", send, None, "failed_send"), failure("send", name)]
    made.append((name, "schedule", {"cron": "0 */6 * * *"}, refresh))
    return made


def rows() -> tuple[list[str], list[str]]:
    """The VALUES of flows and of operations."""
    flow_rows, operation_rows = [], []
    for name, trigger, options, operations in flows():
        flow, root = identity("flow", name), identity("operation", f"{name}/{operations[0][0]}")
        values = (flow, name, "active", trigger, "all", options, root)
        flow_rows.append("    (" + ", ".join(quoted(value) for value in values) + ")")
        for x, (key, type_, settings, resolve, reject) in enumerate(operations):
            ends = [identity("operation", f"{name}/{end}") if end else None for end in (resolve, reject)]
            head = (identity("operation", f"{name}/{key}"), key.replace("_", " ").capitalize(), key, type_)
            place = f"{19 + 18 * x}, 1"
            tail = ", ".join(quoted(value) for value in (settings, *ends, flow))
            operation_rows.append("    (" + ", ".join(quoted(value) for value in head) + f", {place}, {tail})")
    return flow_rows, operation_rows


def main() -> None:
    """Both inserts, each one statement: operations refer to each other."""
    flow_rows, operation_rows = rows()
    text = (
        "-- Flows of registry sync and count refresh; written by compile_flows.py, not by hand.\n"
        "set role estate_owner;\n\n"
        "insert into public.directus_flows\n"
        "    (id, name, status, trigger, accountability, options, operation)\nvalues\n"
        + ",\n".join(flow_rows)
        + ";\n\ninsert into public.directus_operations\n"
        "    (id, name, key, type, position_x, position_y, options, resolve, reject, flow)\nvalues\n"
        + ",\n".join(operation_rows)
        + ";\n\nreset role;\n"
    )
    Path(__file__).with_name("32_registry_flows.sql").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
