"""What the server of the endpoints answers to a GET: the method that changes nothing.

A POST is never sent by a look: whoever answers one may have scanned. That is `compliance exercise`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.facts import Route
from compliance.estate import web

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from compliance.estate.config import Service
    from compliance.estate.web import Web

# Below a path, something that nobody would make a route of: a server of screens answers that with 200 as well.
ELSEWHERE = "/there-is-no-such-route"


def opened(service: Service, seconds: float | None = None) -> AbstractContextManager[Web]:
    """A client without the token of a caller: only a call needs it."""
    return web.opened("nuxt", service.url, {}, seconds)


def calling(service: Service, headers: Mapping[str, str], seconds: float) -> AbstractContextManager[Web]:
    """A client for a call that may take so long; `headers` hold the token of the caller, or are none."""
    return web.opened("nuxt", service.url, headers, seconds, each=seconds)


def routes(api: Web, paths: Iterable[str]) -> Iterator[Route]:
    """The statuses of each path, and of one that is not there."""
    for path in sorted(paths):
        yield Route(path, api.ask("GET", path).status, api.ask("GET", path + ELSEWHERE).status)
