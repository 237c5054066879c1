"""What a document causes: the reverse sync and the webhooks of the document service lead back to Directus.

Prefixes hold back the reverse sync alone; webhooks are told of every document (FACTS, 'Agent Data').
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from compliance.core.loops import Edge
from compliance.core.observation import SourceUnavailable
from compliance.core.template import parse
from compliance.core.triggering import (
    ANYTHING,
    Request,
    document_node,
    event,
    may_start_with,
    reached,
    request_of,
)
from compliance.systems.registry_sync import filtering, reverse
from compliance.systems.registry_sync.desired import desired

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.core.facts import Webhook
    from compliance.core.flows import Flows
    from compliance.core.template import Template
    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.policy import Policy

_ACTIONS = ("create", "update", "delete")
_ALL: Template = ()
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE", ""})


class Sent(NamedTuple):
    """A write of a document. `document`: the parts of its id; None where the service tells nobody of the write."""

    request: Request
    document: Template | None


def desired_flows(facts: Facts) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The rows that policy declares, under the ids that they have or would get."""
    flows, operations = ([row.values for row in facts.read(f"rows:{name}")] for name in ("flows", "operations"))
    want = desired(facts.policy, flows, operations)
    return [flow.row for flow in want], [row for flow in want for row in flow.operations]


def edges(facts: Facts, flows: Flows) -> Iterator[Edge]:
    """From each request to the service over the document that it writes to what that causes in Directus."""
    policy: Policy = facts.policies["registry_sync"]
    documents: dict[str, Template] = {}
    for sent in _sent(policy, flows):
        yield from _elsewhere(policy, sent)
        if sent.document is not None:
            node = document_node(_shown(sent.document))
            documents[node] = sent.document
            yield Edge(
                sent.request.node, node, f"{sent.request.method or 'any method'} to the document service"
            )
    yield from _reverse(facts, documents)
    yield from _webhooks(facts, documents)


def _sent(policy: Policy, flows: Flows) -> Iterator[Sent]:
    base = f"{{{{$env.{policy.service.url_env}}}}}"
    for operation in flows.operations.values():
        request = request_of(operation)
        if request is not None and _tight(request.url).startswith(base):
            yield Sent(request, _document(request, _tight(request.url).removeprefix(base)))


def _tight(url: str) -> str:
    """`{{ $env.X }}` and `{{$env.X}}` are one."""
    head, close, rest = url.partition("}}")
    return "".join(head.split()) + close + rest


def _document(request: Request, rest: str) -> Template | None:
    """The parts of the id that a request writes; no parts where it may be any."""
    path = rest.partition("?")[0].rstrip("/")
    if request.method not in _WRITES:
        return None
    if path == "/documents" and request.method == "POST":
        return _of_body(request.body)
    if not path.startswith("/documents/"):
        return None if path.startswith("/") else _ALL
    name = path.removeprefix("/documents/")
    if name == "batch" or name.endswith("/move"):
        return None
    return tuple(unquote(part) if isinstance(part, str) else part for part in parse(name))


def _of_body(body: Any) -> Template:
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):
            return _ALL
    found = body.get("document_id") if isinstance(body, dict) else None
    return parse(found) if isinstance(found, str) and found else _ALL


def _shown(document: Template) -> str:
    return "".join(p if isinstance(p, str) else f"{{{p}}}" for p in document) or "(any)"


def _elsewhere(policy: Policy, sent: Sent) -> Iterator[Edge]:
    """The service is another program than Directus, and writes there only as its source says."""
    name = f"$env.{policy.service.url_env}"
    assumed = [f"{name} is the address of the document service"]
    if sent.document is None:
        assumed.append("the document service tells nobody of a move, a batch or anything that is no document")
    yield Edge(sent.request.node, ANYTHING, "a request to the document service", tuple(assumed), removed=True)


def _reverse(facts: Facts, documents: dict[str, Template]) -> Iterator[Edge]:
    """What goes back: every document, unless its id cannot begin with any of the prefixes."""
    if not documents:
        return
    policy: Policy = facts.policies["registry_sync"]
    declared = policy.service.reverse
    assumed: list[str] = []
    prefixes = {*reverse.prefixes(facts), *_running(facts, assumed)}
    unfiltered = filtering.filters(reverse.Module(facts, declared.source), declared.filter, declared.name)
    for node, document in documents.items():
        found = sorted(prefix for prefix in prefixes if _may_begin(document, prefix))
        for action in _ACTIONS:
            target = event(action, declared.collection)
            if unfiltered:
                yield Edge(node, target, f"reverse sync, unfiltered: {unfiltered}")
            elif found:
                yield Edge(node, target, f"reverse sync of {', '.join(map(repr, found))}")
            else:
                why = f"begins with none of {', '.join(map(repr, sorted(prefixes))) or 'no prefixes'}"
                yield Edge(node, target, why, tuple(assumed), removed=True)


def _may_begin(document: Template, prefix: str) -> bool:
    return not document or may_start_with(document, prefix)


def _running(facts: Facts, assumed: list[str]) -> tuple[str, ...]:
    """The prefixes that the service runs with; where that cannot be seen, it is assumed that they are its source's."""
    try:
        (info,) = facts.read("agent_data.info")
    except SourceUnavailable:
        assumed.append("the document service runs with the prefixes of its source: not looked at")
        return ()
    return tuple(info.sync_prefixes)


def _webhooks(facts: Facts, documents: dict[str, Template]) -> Iterator[Edge]:
    """Each is told of every document, whatever its prefix."""
    try:
        hooks: tuple[Webhook, ...] = facts.read("agent_data.webhooks") if documents else ()
    except SourceUnavailable:
        assumed = ("no webhook is registered at the document service: not looked at",)
        for node in documents:
            yield Edge(node, ANYTHING, "a webhook that nobody could see", assumed, removed=True)
        return
    active = [hook for hook in hooks if hook.active]
    for hook in active:
        for node in documents:
            yield Edge(node, f"webhook of the document service: {hook.id}", "tells every webhook")
        yield from _of(hook)


def _of(hook: Webhook) -> Iterable[Edge]:
    node = f"webhook of the document service: {hook.id}"
    host = urlsplit(hook.url).netloc.rpartition("@")[2] or "an address that cannot be read"
    _, targets = reached("POST", hook.url)
    if targets is None:
        yield Edge(node, ANYTHING, f"tells {host}", (f"webhook {host} does not write back",), removed=True)
    for target in targets or ():
        yield Edge(node, target, f"tells {host}, which is Directus' own API by its path")
