"""What the document service sent back to Directus, as its log says; and a document that has to be, for comparison.

The service sends one after another. So once that one was sent, all that was to be sent before it is in the log.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compliance.estate.web import Web
    from compliance.executor.markers import Seen

PAGE = 1000
PAUSE = 0.1


def newest(api: Web) -> int:
    """The number after which whatever stands in the log was caused by what comes now."""
    items = api.get("/api/events/log", limit=1).at("items").parts
    return items[0].at("id").number if items else 0


def control(api: Web, prefix: str | None, mark: str, *, after: int, seconds: float) -> bool | None:
    """Write a document under a prefix that goes back; was it sent? None where there is no such prefix."""
    if prefix is None:
        return None
    name = control_of(prefix, mark)
    content = {"mime_type": "text/markdown", "body": mark}
    body = {"document_id": name, "content": content, "metadata": {"title": mark}}
    api.ask("POST", "/documents", body=body).expected(201)
    return followed(api, name, after=after, seconds=seconds)


def control_of(prefix: str, mark: str) -> str:
    """The id of that document."""
    return f"{prefix}{mark}"


def followed(api: Web, name: str, *, after: int, seconds: float) -> bool:
    """Was an attempt made for this document, and ended?"""
    deadline = time.monotonic() + seconds
    while True:
        found = [item for item in _attempts(api, after, name) if item.get("status") != "pending"]
        if found or time.monotonic() >= deadline:
            return bool(found)
        time.sleep(PAUSE)


def count(api: Web, seen: Iterable[Seen], *, after: int) -> Counter[str]:
    """Attempts since then, by collection: of the ids that its documents have, or were found to have."""
    of = {document: one.marked.collection for one in seen for document in (*one.rows, *one.known)}
    names = [str(item.get("document_id")) for item in _attempts(api, after, "")]
    return Counter(of[name] for name in names if name in of)


def _attempts(api: Web, after: int, prefix: str) -> list[dict[str, Any]]:
    """All of them; what is logged meanwhile moves the pages, so that one may come twice, but none is missed."""
    found: list[dict[str, Any]] = []
    while True:
        said = api.get(
            "/api/events/log", kind="reverse", after=after, prefix=prefix, limit=PAGE, offset=len(found)
        )
        found += [part.value for part in said.at("items").parts if isinstance(part.value, dict)]
        if not said.at("items").parts or len(found) >= said.at("total").number:
            return found
