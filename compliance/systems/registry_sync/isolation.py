"""Nothing that the flows write comes back: document 000, 'event_system.py Analysis' and 'Architecture'."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from compliance.core.errors import CouldNotLook
from compliance.core.finding import Finding, Judgement, Unseen
from compliance.systems.registry_sync import filtering, reverse
from compliance.systems.registry_sync.naming import encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.policy import Policy


def prefixes_are_isolated(facts: Facts) -> Iterator[Judgement]:
    """No document of a collection is under a prefix that goes back, by the service's source."""
    yield from _isolated(facts, reverse.prefixes(facts), "the service's source")


def running_prefixes_are_isolated(facts: Facts) -> Iterator[Judgement]:
    """The same by what the running service says of itself: its source may have been changed since it started."""
    policy: Policy = facts.policy
    (info,) = facts.read("agent_data.info")
    if set(info.sync_prefixes) != set(policy.service.reverse.prefixes):
        told, declared = _listed(info.sync_prefixes), _listed(policy.service.reverse.prefixes)
        yield Finding("agent_data", f"it runs with the prefixes {told}; declared are {declared}", "prefixes")
    for judgement in _isolated(facts, info.sync_prefixes, "the running service"):
        yield Finding("agent_data", f"{judgement.subject}: {judgement.message}", judgement.subject)


def _isolated(facts: Facts, prefixes: Iterable[str], where: str) -> Iterator[Finding]:
    """In either direction, as ids and as the keys that they are stored under (`/` is written `__` there)."""
    policy: Policy = facts.policy
    for collection in policy.collections.values():
        head = collection.document.partition("{")[0]
        for prefix in sorted(set(prefixes)):
            if meet(head, prefix):
                how = "" if _overlap(head, prefix) else " as keys of its store"
                yield Finding(
                    collection.name, f"{where} sends {prefix!r} back, which meets {head!r}{how}", prefix
                )


def meet(head: str, prefix: str) -> bool:
    """Is there an id below `head` that begins with the prefix, or would if it were read from its key?"""
    return _overlap(encoded(head), encoded(prefix))


def _overlap(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def filter_stands(facts: Facts) -> Iterator[Judgement]:
    """The prefixes are those of policy, and the filter stands before what sends."""
    declared = facts.policy.service.reverse
    found = reverse.prefixes(facts)
    if set(found) != set(declared.prefixes):
        told = f"{declared.name} is {_listed(found)}, declared {_listed(declared.prefixes)}"
        yield Finding("agent_data", f"{declared.source}: {told}", "prefixes")
    why = filtering.filters(reverse.module(facts, declared.source), declared.filter, declared.name)
    if why:
        yield Finding("agent_data", f"{declared.source}: {why}", "filter")


def sources_are_reviewed(facts: Facts) -> Iterator[Judgement]:
    """The service's source is what was reviewed (document 000: no changes of it were needed)."""
    for path, want in facts.policy.service.reviewed_sources.items():
        try:
            (file,) = facts.read(f"file:{path}")
        except CouldNotLook as error:
            yield Unseen(path, error.message)
            continue
        if file.text is None:
            yield Finding(path, "there is no such file in the repository", "missing")
        elif (found := hashlib.sha256(file.text.encode()).hexdigest()) != want:
            yield Finding(path, f"its digest is {found[:12]}…, reviewed was {want[:12]}…", "changed")


def webhooks_are_declared(facts: Facts) -> Iterator[Judgement]:
    """The filter does not hold for webhooks: each is told of every document."""
    declared = set(facts.policy.service.webhooks)
    for hook in facts.read("agent_data.webhooks"):
        if hook.active and hook.url not in declared:
            host = _host(hook.url) or "an address that cannot be read"
            yield Finding(
                "agent_data", f"a webhook that policy does not declare tells {host} of documents", hook.id
            )


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(map(repr, sorted(texts))) or "none"
