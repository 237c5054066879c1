"""What a document causes: the reverse sync and the webhooks of the document service lead back to Directus.

Prefixes hold back the reverse sync alone; webhooks are told of every document (FACTS, 'Agent Data').
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from compliance.core.loops import Edge
from compliance.core.observation import SourceUnavailable
from compliance.core.triggering import ANYTHING, HTTP, document_node, event, may_start_with, reached
from compliance.systems.registry_sync import filtering, reverse
from compliance.systems.registry_sync.desired import desired
from compliance.systems.registry_sync.sending import sent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.core.facts import Webhook
    from compliance.core.flows import Flows
    from compliance.core.template import Template
    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.policy import Policy
    from compliance.systems.registry_sync.sending import Sent

_ACTIONS = ("create", "update", "delete")
_BACK = "way back from the document service"


def desired_flows(facts: Facts) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The rows that policy declares, under the ids that they have or would get."""
    flows, operations = ([row.values for row in facts.read(f"rows:{name}")] for name in ("flows", "operations"))
    want = desired(facts.policy, flows, operations)
    return [flow.row for flow in want], [row for flow in want for row in flow.operations]


def edges(facts: Facts, flows: Flows) -> Iterator[Edge]:
    """From each request to the service over the document that it writes to what that causes in Directus."""
    policy: Policy = facts.policies["registry_sync"]
    documents: dict[str, Template] = {}
    for write in sent(facts, flows):
        yield from _elsewhere(policy, write)
        if write.document is not None:
            node = document_node(_shown(write.document))
            documents[node] = write.document
            yield Edge(write.node, node, f"{write.method or 'any method'} to the document service")
    yield from _reverse(facts, documents)
    yield from _webhooks(facts, documents)


def _shown(document: Template) -> str:
    return "".join(p if isinstance(p, str) else f"{{{p}}}" for p in document) or "(any)"


def _elsewhere(policy: Policy, write: Sent) -> Iterator[Edge]:
    """The service is another program than Directus, and writes there only as its source says."""
    name = f"$env.{policy.service.url_env}"
    assumed = [f"{name} is the address of the document service"]
    if write.document is None:
        assumed.append("the document service tells nobody of a move, a batch or anything that is no document")
    yield Edge(write.node, ANYTHING, "a request to the document service", tuple(assumed), removed=True)


def _reverse(facts: Facts, documents: dict[str, Template]) -> Iterator[Edge]:
    """What goes back: every document, unless its id cannot begin with any of the prefixes."""
    if not documents:
        return
    policy: Policy = facts.policies["registry_sync"]
    declared = policy.service.reverse
    assumed: list[str] = []
    prefixes = {*reverse.prefixes(facts), *_running(facts, assumed)}
    unfiltered = filtering.filters(reverse.module(facts, declared.source), declared.filter, declared.name)
    kept = f"begins with none of {', '.join(map(repr, sorted(prefixes))) or 'no prefixes'}"
    given = tuple(assumed)
    for node, document in documents.items():
        found = [prefix for prefix in prefixes if _may_begin(document, prefix)]
        if unfiltered:
            yield Edge(node, _BACK, f"reverse sync, unfiltered: {unfiltered}")
        elif found:
            yield Edge(node, _BACK, f"reverse sync of {', '.join(map(repr, sorted(found)))}")
        else:
            yield Edge(node, _BACK, kept, given, removed=True)
    for target in (*(event(action, declared.collection) for action in _ACTIONS), *(f"event:{e}" for e in HTTP)):
        yield Edge(_BACK, target, "it writes by Directus' API")


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
    host = host_of(hook.url) or "an address that cannot be read"
    _, targets = reached("POST", hook.url)
    if targets is None:
        yield Edge(node, ANYTHING, f"tells {host}", (f"webhook {host} does not write back",), removed=True)
    for target in targets or ():
        yield Edge(node, target, f"tells {host}, which is Directus' own API by its path")


def host_of(url: str) -> str:
    """The host of an address, without who asks there; empty where none can be read."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""
