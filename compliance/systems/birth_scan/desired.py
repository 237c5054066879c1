"""What policy declares, as rows: the scheduled flow and its operations, the two keys of the configuration, the tool.

Document 001, section 1 (the flow calls the endpoint), 2.B (two places of the cadence, from one value) and 3.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.flowsql import Side
from compliance.core.needs import split_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from compliance.core.facts import Column
    from compliance.core.flowdiff import Values
    from compliance.systems.birth_scan.policy import Policy, Tool

SCAN, SAID, FAILED = "scan", "said", "failed_scan"


class Part(NamedTuple):
    """An operation before it has an id: `resolve` and `reject` are keys of operations of the same flow."""

    key: str
    type: str
    options: Mapping[str, Any]
    resolve: str | None = None
    reject: str | None = None


def desired(policy: Policy) -> Side:
    """The flow and its operations, in the order of `FLOW_COLUMNS` and `OPERATION_COLUMNS`.

    Ids follow from that of the flow, which policy says: a flow of this name under another id is somebody else's.
    """
    flow, parts = policy.flow, _parts(policy)
    row = (
        flow.id, flow.name, "active", "schedule", flow.accountability, {"cron": policy.cadence.cron},
        operation_id(policy, SCAN), f"Calls {policy.endpoint.path}; compiled from policy, so change it there.",
    )  # fmt: skip
    return Side((row,), tuple(_operations(policy, parts)))


def operation_id(policy: Policy, key: str) -> str:
    """Whoever knows the flow knows it, so compiling twice makes nothing twice."""
    return str(uuid.uuid5(uuid.UUID(policy.flow.id), key))


def _operations(policy: Policy, parts: Iterable[Part]) -> Iterable[Values]:
    for place, part in enumerate(parts):
        title = part.key.replace("_", " ").capitalize()
        links = (key and operation_id(policy, key) for key in (part.resolve, part.reject))
        head = (operation_id(policy, part.key), title, part.key, part.type, policy.flow.id)
        yield (*head, *links, part.options, 19 + 18 * place, 1)


def _parts(policy: Policy) -> list[Part]:
    """The call; what it answered, so that the run says it; and where a call that failed is recorded, since Directus
    ends a flow at an operation that failed without a word."""
    flow, failures = policy.flow, policy.flow.failures
    record = {
        "collection": failures.collection,
        "payload": {**failures.values, failures.title: f"{flow.name} failed at {SCAN}"},
        "permissions": "$full",
        "emitEvents": False,
    }
    told = f"{flow.name}: {{{{{SCAN}.status}}}} {{{{{SCAN}.data}}}}"
    return [
        Part(SCAN, "request", request(policy), SAID, FAILED),
        Part(SAID, "log", {"message": told}),
        Part(FAILED, "item-create", record),
    ]


def request(policy: Policy) -> dict[str, Any]:
    """The body is an object, since a text would go out form-encoded as soon as something is put into it."""
    headers = [{"header": "Content-Type", "value": "application/json"}]
    if policy.auth is not None and policy.auth.required:
        scheme = "Bearer " if policy.auth.header.lower() == "authorization" else ""
        value = f"{scheme}{{{{$env.{policy.auth.env}}}}}"
        headers.insert(0, {"header": policy.auth.header, "value": value})
    return {
        "method": "POST",
        "url": f"{{{{$env.{policy.endpoint.url_env}}}}}{policy.endpoint.path}",
        "headers": headers,
        "body": {"flow": policy.flow.id},
    }


# --- configuration -----------------------------------------------------------------------------------------------

ON = "true"
_SWITCH = "kill switch of the birth scan: the endpoint does nothing unless it is true"
_CADENCE = "when the birth scan is to run; its flow and its tool row say the same"


def config(policy: Policy) -> dict[str, dict[str, str]]:
    """Each key with the values of its columns."""
    names = policy.config
    values = {
        policy.config.enabled: (ON, _SWITCH),
        policy.config.cadence: (policy.cadence.cron, _CADENCE),
    }  # fmt: skip
    return {
        key: {names.key: key, names.value: value} | ({names.description: about} if names.description else {})
        for key, (value, about) in values.items()
    }


# --- tool --------------------------------------------------------------------------------------------------------


def columns_of(tool: Tool, columns: Iterable[Column]) -> dict[str, str]:
    """The column of each field: of its candidates the first one that there is. A field without one is not in it."""
    table = split_name(tool.relation)
    there = {c.name for c in columns if (c.schema, c.relation) == table}
    found = {f: next((name for name in names if name in there), None) for f, names in tool.columns.items()}
    return {field: name for field, name in found.items() if name is not None}


def candidates(tool: Tool) -> tuple[str, ...]:
    """Every column that may be one of its fields, once."""
    return tuple(dict.fromkeys(name for names in tool.columns.values() for name in names))


def naming(tool: Tool) -> tuple[str, ...]:
    """Of these, in their order, the first that there is names the row."""
    return tuple(dict.fromkeys(name for field in tool.identity for name in tool.columns[field]))


def tool_row(policy: Policy, columns: Iterable[Column]) -> dict[str, str | int | bool]:
    """The row as columns that exist; what the table has no column for is left out, and the review says so."""
    values = {**policy.tool.values, "cron": policy.cadence.cron}
    found = columns_of(policy.tool, columns)
    return {column: values[field] for field, column in found.items() if field in values}
