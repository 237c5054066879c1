"""What a running Directus says of itself: its version, the flows that it lists, and what its API last wrote of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core.errors import CouldNotLook
from compliance.core.facts import DirectusServer, Revision, Served, ServedFlow
from compliance.estate import web

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from compliance.estate.config import Service
    from compliance.estate.web import Form, Web

AT_ONCE = 5000  # ids in one request
# These say something of the token or of what stands between, and nothing of a collection.
_NOT_ITS_ANSWER = frozenset({401, 408, 429, 502, 503, 504})
_GOVERNED = ["directus_flows", "directus_operations"]
# Of these a revision's `data` says nothing; they stand in `delta`, where the write that left it sent them.
_RELATIONS = ("operation", "flow", "resolve", "reject")
# A run of a flow leaves a revision too, under the flow's id: that one has no delta.
_WRITTEN: dict[str, Any] = {"_and": [{"collection": {"_in": _GOVERNED}}, {"delta": {"_nnull": True}}]}


def opened(
    service: Service, token: str | None = None, seconds: float | None = None
) -> AbstractContextManager[Web]:
    """A client, with the token that looks or another one."""
    return web.opened("directus", service.url, {"authorization": f"Bearer {token or service.token}"}, seconds)


def server(api: Web) -> Iterator[DirectusServer]:
    """It tells its version to users alone."""
    yield DirectusServer(api.once("/server/info").at("data").at("version").text)


def served(api: Web) -> Iterator[ServedFlow]:
    """Every flow that it lists."""
    for row in rows(api, "/flows", {"fields": ["id", "name", "status"], "sort": ["id"]}):
        yield ServedFlow(row.at("id").text, row.at("name").text, row.at("status").text)


def items(api: Web, collections: Iterable[str]) -> Iterator[Served]:
    """What a user is answered who asks for one item: 200, or why it is not served to him."""
    for name in sorted(collections):
        answer = api.ask("GET", f"/items/{_one_part(name)}", params={"limit": 1})
        if answer.status in _NOT_ITS_ANSWER:
            answer.expected(200)
        yield Served(name, answer.status)


def _one_part(name: str) -> str:
    """A name with a slash in it would lead to an item of another collection."""
    if "/" in name:
        raise CouldNotLook(f"directus: no path of /items names the collection {name!r}")
    return name


def revisions(api: Web, only: Iterable[str] | None = None) -> Iterator[Revision]:
    """The newest of each flow and operation: first which these are, then their content, some thousand at once.

    `only`: of these and no others, which are not more than fit into one request.
    """
    group, written = ["collection", "item"], _WRITTEN
    if only is not None:
        written = {"_and": [_WRITTEN, {"item": {"_in": list(only)}}]}
    # By the id: where rows are filtered by permission, a sort by what is grouped by is SQL that PostgreSQL refuses.
    newest = {"aggregate": {"max": ["id"]}, "groupBy": group, "sort": ["max.id"], "filter": written}
    ids = [row.at("max").at("id").number for row in rows(api, "/revisions", newest)]
    fields = ["collection", "item", "data", "delta"]
    for start in range(0, len(ids), AT_ONCE):
        wanted = {"fields": fields, "filter": {"id": {"_in": ids[start : start + AT_ONCE]}}, "sort": ["id"]}
        for row in rows(api, "/revisions", wanted):
            content = _content(row.at("data").value, row.at("delta").value)
            yield Revision(row.at("item").text, row.at("collection").text, content)


def _content(data: Any, delta: Any) -> Any:
    """What the row held after that write, as far as Directus has written it down."""
    if not isinstance(data, dict) or not isinstance(delta, dict):
        return data
    return data | {name: delta[name] for name in _RELATIONS if name in delta}


def rows(api: Web, path: str, query: dict[str, Any]) -> Iterator[Form]:
    """Every row of an answer. SEARCH, as no GET carries a thousand ids; in pages, where the server gives no more."""
    most, number = _most(api), 1
    while True:
        asked = {"query": query | {"limit": most, "page": number}}
        page = api.ask("SEARCH", path, body=asked).expected(200).form.at("data").parts
        yield from page
        if most == -1 or len(page) < most:
            return
        number += 1


def _most(api: Web) -> int:
    """Rows that it gives at once; -1 for all of them. One that does not say so gives a hundred."""
    limit = api.once("/server/info").at("data").value
    for name in ("queryLimit", "max"):
        limit = limit.get(name) if isinstance(limit, dict) else None
    return limit if type(limit) is int and (limit > 0 or limit == -1) else 100
