"""The flows that policy declares, as rows of Directus' tables: document 000, 'Flows Created' and 'DOT Tool'.

Log first, create and update apart, no `exec`. Where document 000 is wrong its facts are not copied: a bulk change
fires once with many keys (FACTS, 'Directus'), so an update and a delete hand each key to a helper flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.systems.registry_sync.ids import Identities, Values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from compliance.systems.registry_sync.policy import Collection, DeclaredFlow, Policy


class Part(NamedTuple):
    """An operation before it has an id: `resolve` and `reject` are keys of operations of the same flow."""

    key: str
    type: str
    options: Mapping[str, Any]
    resolve: str | None = None
    reject: str | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """A declared flow as rows: its own in the order of `FLOW_COLUMNS`, its operations' in the order of
    `OPERATION_COLUMNS`."""

    declared: DeclaredFlow
    row: Values
    operations: tuple[Values, ...]

    @property
    def name(self) -> str:
        return self.declared.name

    @property
    def id(self) -> str:
        return str(self.row[0])


def desired(policy: Policy, flows: Sequence[Values], operations: Sequence[Values]) -> tuple[Flow, ...]:
    """Every declared flow, a helper before the flow that calls it. Rows that are there keep their ids."""
    identities = Identities(policy, flows, operations)
    ordered = sorted(policy.flows.values(), key=lambda flow: not flow.helper)
    return tuple(_flow(policy, identities, declared) for declared in ordered)


def _flow(policy: Policy, identities: Identities, declared: DeclaredFlow) -> Flow:
    parts = _parts(policy, identities, declared)
    flow = identities.flow(declared.name)
    row = (
        flow, declared.name, "active", "operation" if declared.helper else "event", policy.accountability,
        _trigger(declared), identities.operation(declared.name, parts[0].key), _description(declared),
    )  # fmt: skip
    return Flow(declared, row, tuple(_operations(identities, declared.name, flow, parts)))


def _operations(identities: Identities, name: str, flow: str, parts: Sequence[Part]) -> Iterable[Values]:
    ids: dict[str | None, str | None] = {None: None}
    ids |= {part.key: identities.operation(name, part.key) for part in parts}
    for place, part in enumerate(parts):
        title = part.key.replace("_", " ").capitalize()
        links = (ids[part.resolve], ids[part.reject])
        yield (ids[part.key], title, part.key, part.type, flow, *links, part.options, 19 + 18 * place, 1)


def _trigger(declared: DeclaredFlow) -> dict[str, Any]:
    if declared.helper:
        return {"return": "$last"}
    return {"type": "action", "scope": [f"items.{declared.action}"], "collections": [declared.collection]}


def _description(declared: DeclaredFlow) -> str:
    what = "One document of" if declared.helper else f"After {declared.action} in"
    return f"{what} {declared.collection}; compiled from policy, so change it there."


def _parts(policy: Policy, identities: Identities, declared: DeclaredFlow) -> list[Part]:
    collection = policy.collections[declared.collection]
    if declared.action == "create":
        return [
            Part("log", "log", {"message": declared.name}, "read"),
            *_upsert(policy, declared, "{{$trigger.key}}"),
        ]
    if not declared.helper:
        helper = identities.flow(policy.flow(collection.name, declared.action, helper=True))
        each = {"flow": helper, "payload": "{{$trigger.keys}}", "iterationMode": "serial"}
        return [Part("log", "log", {"message": declared.name}, "each"), Part("each", "trigger", each)]
    if declared.action == "update":
        return _upsert(policy, declared, "{{$trigger}}")
    return _delete(policy, declared, "{{$trigger}}")


def _upsert(policy: Policy, declared: DeclaredFlow, key: str) -> list[Part]:
    """Read the row and send it: a trigger knows only the fields that were sent."""
    collection = policy.collections[declared.collection]
    document = collection.document_of({collection.key: key})
    read = {"collection": collection.name, "key": key, "permissions": "$full", "emitEvents": False}
    send = {
        "method": "POST",
        "url": _url(policy, "?upsert=true"),
        "headers": [_key_header(policy), {"header": "Content-Type", "value": "application/json"}],
        "body": body(collection, document),
    }
    return [
        Part("read", "item-read", read, "send", "failed_read"),
        Part("send", "request", send, None, "failed_send"),
        _failure(policy, declared, "read", document),
        _failure(policy, declared, "send", document),
    ]


def _delete(policy: Policy, declared: DeclaredFlow, key: str) -> list[Part]:
    """Delete under the id that it was created under."""
    collection = policy.collections[declared.collection]
    document = collection.document_of({collection.key: key})
    send = {"method": "DELETE", "url": _url(policy, f"/{document}"), "headers": [_key_header(policy)]}
    return [
        Part("send", "request", send, None, "failed_send"),
        _failure(policy, declared, "send", document),
    ]


def body(collection: Collection, document: str) -> dict[str, Any]:
    """The document that a row becomes; as text where it stands within text, else of the type that it has."""
    sent = [_read(field) for field in collection.fields]
    return {
        "document_id": document,
        "parent_id": collection.parent,
        "content": {"mime_type": "text/markdown", "body": "\n\n".join([f"# {_read(collection.title)}", *sent])},
        "metadata": {
            **{field: _read(field) for field in collection.fields},
            "title": _read(collection.title),
            "collection": collection.name,
        },
    }


def _read(column: str) -> str:
    return f"{{{{read.{column}}}}}"


def _url(policy: Policy, rest: str) -> str:
    return f"{{{{$env.{policy.service.url_env}}}}}/documents{rest}"


def _key_header(policy: Policy) -> dict[str, str]:
    return {"header": policy.service.header, "value": f"{{{{$env.{policy.service.key_env}}}}}"}


def _failure(policy: Policy, declared: DeclaredFlow, key: str, document: str) -> Part:
    """Where a rejected operation ends: without this Directus ends the flow and says nothing."""
    failures = policy.failures
    title = f"{declared.name} failed at {key}: {document}"
    payload = {**failures.values, failures.title: title}
    options = {
        "collection": failures.collection,
        "payload": payload,
        "permissions": "$full",
        "emitEvents": False,
    }
    return Part(f"failed_{key}", "item-create", options)
