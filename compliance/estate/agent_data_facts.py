"""What the running document service says of itself, and of what it keeps where its store cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.errors import CouldNotLook
from compliance.core.facts import Document, ServiceInfo, Webhook
from compliance.estate import web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from compliance.estate.config import Service
    from compliance.estate.web import Form, Web

PAGE = 1000  # the most that it lists at once


def opened(service: Service, seconds: float | None = None) -> AbstractContextManager[Web]:
    """A client for it."""
    return web.opened("agent_data", service.url, {"x-api-key": service.token}, seconds)


def info(api: Web) -> Iterator[ServiceInfo]:
    """An older one does not tell which ids it writes back; then nobody can know what runs."""
    said = api.get("/info")
    if said.at("sync_prefixes").value is None:
        raise CouldNotLook(f"{said.asked}: does not tell sync_prefixes, the ids that it writes back")
    yield ServiceInfo(said.at("version").text, _texts(said.at("sync_prefixes")))


def webhooks(api: Web) -> Iterator[Webhook]:
    """Whom it calls; all of them, or it could not be seen."""
    said = api.get("/api/webhooks")
    items, total = said.at("items").parts, said.at("total").number
    if len(items) != total:
        raise CouldNotLook(f"{said.asked}: shows {len(items)} of {total}")
    for item in items:
        id_, url = item.at("id").text, item.at("url").text
        yield Webhook(id_, url, _texts(item.at("events")), item.at("active").truth)


def listed(api: Web) -> Iterator[Document]:
    """The id of every document; a list that changed between two pages is none that was seen."""
    found: list[str] = []
    while True:
        said = api.get("/kb/list", limit=PAGE, offset=len(found))
        items, total = said.at("items").parts, said.at("total").number
        found += [item.at("document_id").text for item in items]
        if not items or len(found) >= total:
            break
    if not len(found) == len(set(found)) == total:
        raise CouldNotLook(f"{said.asked}: gave {len(set(found))} of {total}, as it changed meanwhile")
    return (Document(name, None, None, None, None, None, whole=False) for name in found)


def _texts(found: Form) -> tuple[str, ...]:
    return tuple(item.text for item in found.parts)
