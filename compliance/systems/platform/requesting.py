"""What a request of a flow leads to: to this Directus itself, or to something else that is taken to write nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.loops import Edge
from compliance.core.triggering import ANY, ANYTHING, HTTP, address, reached, webhook_node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.triggering import Request
    from compliance.systems.platform.listening import Listening

_USUAL = {"http": ":80", "https": ":443"}


class Requests:
    """`addresses`: where this Directus answers, empty if that is not declared: then any may be its own."""

    def __init__(self, listening: Listening, addresses: tuple[str, ...]) -> None:
        self._webhooks, self._addresses = listening.webhooks, addresses
        self._origins = frozenset(map(_origin, addresses))

    def edges(self, request: Request) -> Iterator[Edge]:
        """From the request on."""
        node, (base, targets) = request.node, reached(request.method, request.url)
        own = bool(base) and _origin(base) in self._origins
        if targets is None:
            yield from self._unnamed(request, own=own)
        elif own or not self._addresses or not base:
            yield from self._answered(request, targets)
        else:
            assumption = f"this Directus answers at {', '.join(self._addresses)} and not at {base}"
            yield Edge(node, ANYTHING, "another address", (assumption,), removed=True)

    def _unnamed(self, request: Request, *, own: bool) -> Iterator[Edge]:
        """None of Directus' paths. Of its own address that may be decided when it runs, and is heard of at least."""
        if own and "\0" in address(request.url).segments[0]:
            yield Edge(request.node, ANYTHING, "any path of Directus' own API")
            return
        if own:
            yield from self._answered(request, tuple(f"event:{name}" for name in HTTP))
        assumption = f"what answers {request.method} {request.url} does not write to Directus"
        yield Edge(request.node, ANYTHING, "not an address of Directus' API", (assumption,), removed=True)

    def _answered(self, request: Request, targets: tuple[str, ...]) -> Iterator[Edge]:
        for target in targets:
            if target.startswith("webhook:"):
                yield from self._called(request, target)
            else:
                yield Edge(request.node, target, "Directus' own API")

    def _called(self, request: Request, target: str) -> Iterator[Edge]:
        found = self._webhooks if target == webhook_node(ANY) else [target.partition(":")[2]]
        for flow in found:
            if flow in self._webhooks and (not request.method or request.method == self._webhooks[flow][1]):
                yield Edge(request.node, webhook_node(flow), "the address of its webhook")


def _origin(base: str) -> str:
    """One address in one spelling: without a user, letters small, no port where it is the usual one."""
    scheme, mark, rest = base.partition("://")
    if not mark:
        return base
    scheme, host = scheme.lower(), rest.rpartition("@")[2].rstrip("/").lower()
    return f"{scheme}://{host.removesuffix(_USUAL.get(scheme, ':'))}"
