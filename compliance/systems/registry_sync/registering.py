"""Flows that the installed version lists and never runs. Read from FlowManager.load of Directus 11.17."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compliance.core.cron import accepted_by_directus
from compliance.core.finding import Finding, Judgement
from compliance.systems.registry_sync.analysis import analysis

if TYPE_CHECKING:
    from collections.abc import Collection as Several
    from collections.abc import Iterator

    from compliance.core.flows import Flow
    from compliance.systems.protocol import Facts

_ITEMS = frozenset({"items.create", "items.update", "items.delete"})
# Where a scope of these is on its own, Directus asks for no collections.
_FILTERS = frozenset({
    "items.query", "items.read", "items.promote", "request.not_found", "request.error", "database.error", "auth.login",
    "auth.jwt", "auth.create", "auth.update", "authenticate", "email.send", "websocket.message", "fields.create",
    "fields.update", "fields.delete", "collections.create", "collections.update", "collections.delete",
})  # fmt: skip
_ACTIONS = frozenset({
    "items.read", "items.sort", "items.promote", "server.start", "server.stop", "response", "auth.login",
    "files.upload", "extensions.load", "extensions.unload", "extensions.reload", "extensions.installed",
    "extensions.uninstalled", "websocket.message", "websocket.error", "websocket.close", "websocket.connect",
    "websocket.auth.success", "websocket.auth.failure", "deployment.webhook", "fields.create", "fields.update",
    "fields.delete", "collections.create", "collections.update", "collections.delete",
})  # fmt: skip
# `orders.items.create`, `users.update`, `deployment.webhook.ready`, and any name with a wildcard.
_OF_ONE = re.compile(
    r"[^.]+\.items\.(?:query|read|create|update|delete|sort|promote)|[a-z_]+\.(?:query|read|create|update|delete)"
    r"|deployment\.webhook\..+|.*\*.*"
)
_TRIGGERS = frozenset({"event", "schedule", "operation", "webhook", "manual"})


def flows_are_registered(facts: Facts) -> Iterator[Judgement]:
    """Every active flow begins at something that happens, and every declared one is active."""
    found = analysis(facts)
    tables = {r.name for r in facts.read("catalog.relations") if r.schema == facts.policy.schema}
    for flow in found.flows.flows.values():
        subject = found.subject(flow.id)
        if flow.status != "active":
            if flow.name in facts.policy.flows:
                yield Finding(
                    subject, f"its status is {flow.status or 'empty'}; only active flows are loaded", "status"
                )
            continue
        for facet, why in _wrong(flow, tables):
            yield Finding(subject, why, facet)


def _wrong(flow: Flow, tables: Several[str]) -> Iterator[tuple[str, str]]:
    if flow.trigger not in _TRIGGERS:
        yield "trigger", f"nothing begins it: its trigger is {flow.trigger or 'empty'}"
    elif flow.trigger == "event":
        yield from _event(flow, tables)
    elif flow.trigger == "schedule":
        cron = flow.option("cron")
        if why := accepted_by_directus(cron):
            yield "cron", f"its schedule {_shown(cron)} never comes: {why}"
    elif flow.trigger == "webhook" and (method := flow.option("method")) not in (None, "GET", "POST"):
        yield "method", f"it waits for {_shown(method)}; Directus hands over GET and POST"
    elif flow.trigger == "manual" and not flow.listed("collections"):
        yield "collections", "it is offered in no collection, and refused in every one"


def _event(flow: Flow, tables: Several[str]) -> Iterator[tuple[str, str]]:
    kind, scopes, collections = flow.option("type"), flow.listed("scope"), flow.listed("collections")
    if kind not in ("action", "filter"):
        yield "type", f"its type is {_shown(kind)}; action and filter are registered"
    if not scopes:
        yield "scope", "it listens to no event"
    for scope in scopes:
        if scope in _ITEMS:
            if not collections:
                yield "collections", f"it listens to {scope} of no collection"
        elif scope not in (_FILTERS if kind == "filter" else _ACTIONS) and not _OF_ONE.fullmatch(scope):
            yield f"scope-{scope}", f"Directus has no {kind} '{scope[:60]}'"
    if _ITEMS.intersection(scopes):
        for name in collections:
            if name not in tables and not name.startswith("directus_") and "*" not in name:
                yield f"collection-{name}", f"there is no collection '{name[:60]}'"


def _shown(value: object) -> str:
    return (
        f"'{value[:60]}'"
        if isinstance(value, str)
        else "empty"
        if value is None
        else f"a {type(value).__name__}"
    )
