"""Remove whatever a run has made, by its mark, which the ledger held before anything was made."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.estate import directus_facts
from compliance.executor.markers import deleted, patiently

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.core.marking import Marking
    from compliance.estate.web import Form, Web
    from compliance.executor.markers import Services
    from compliance.executor.session import Report

PAGE, PAUSE = 1000, 0.2
RETURNED = 3.0  # seconds at least for a row that came back to go with its document
QUIET = 0.6  # seconds without a document of ours: no flow that was under way brings one back


class Removed(NamedTuple):
    """How many rows; and the documents that did not go with them, by id, each with its title."""

    rows: int
    documents: Mapping[str, str]


def note(marking: Marking, mark: str) -> dict[str, Any]:
    """What the ledger has to hold so that everything is found again, whatever policy says by then."""
    return {
        "mark": mark,
        "rows": [[m.collection, m.key, m.title] for m in marking.collections],
        "returned": marking.returned,
        "control": marking.control,
    }


def remove(services: Services, noted: Mapping[str, Any], at: Report, *, seconds: float) -> Removed:
    """Rows first, through Directus, so that its flows remove their documents; after `seconds` what they left."""
    at("removing what was made")
    rows = sum(_rows(services.directus, noted["mark"], *named) for named in reversed(noted["rows"]))
    documents = _documents(services.documents, noted["mark"], seconds)
    back = (
        _returned(services.directus, noted["returned"], noted["mark"], seconds)
        if noted["control"] is not None
        else 0
    )
    return Removed(rows + back, documents)


def _rows(api: Web, mark: str, collection: str, key: str, title: str) -> int:
    found = _searched(api, collection, {"fields": [key, title], "filter": {title: {"_starts_with": mark}}})
    # Asked for or not: nothing goes that is not ours.
    keys = [row.at(key).value for row in found if row.at(title).text.startswith(mark)]
    if keys:
        deleted(api, f"/items/{collection}", keys)
    return len(keys)


def _searched(api: Web, collection: str, query: dict[str, Any]) -> list[Form]:
    return patiently(lambda: list(directus_facts.rows(api, f"/items/{collection}", query)))


def _documents(api: Web, mark: str, seconds: float) -> dict[str, str]:
    """Wait until none of ours is there any more, and removes those of which nothing more goes."""
    left: dict[str, str] = {}
    seen, since = ours(api, mark), time.monotonic()
    while True:
        waited = time.monotonic() - since
        if not seen and waited >= QUIET:
            return left
        if seen and waited >= seconds:
            for name in seen:
                api.ask("DELETE", f"/documents/{name}").expected(200, 404)
            left.update(seen)
        time.sleep(PAUSE)
        now = ours(api, mark)
        if now != seen:
            seen, since = now, time.monotonic()


def ours(api: Web, mark: str) -> dict[str, str]:
    """Wherever they lie: a flow that writes under another id than policy says is what is looked for."""
    found: dict[str, str] = {}
    offset = 0
    while True:
        said = api.get("/kb/list", limit=PAGE, offset=offset)
        items = said.at("items").parts
        for item in items:
            title = item.at("title").value
            if isinstance(title, str) and title.startswith(mark):
                found[item.at("document_id").text] = title
        offset += len(items)
        if not items or offset >= said.at("total").number:
            return found


def _returned(api: Web, collection: str, mark: str, seconds: float) -> int:
    """Rows that came back to Directus: they go with their document, or else here."""
    deadline = time.monotonic() + max(seconds, RETURNED)
    while (rows := _came_back(api, collection, mark)) and time.monotonic() < deadline:
        time.sleep(PAUSE)
    if rows:
        key = _key(api, collection)
        deleted(api, f"/items/{collection}", [row[key] for row in rows])
    return len(rows)


def _came_back(api: Web, collection: str, mark: str) -> list[dict[str, Any]]:
    """Which column holds the mark is the service's business."""
    found = _searched(api, collection, {"fields": ["*"], "search": mark})
    return [row.value for row in found if mark in json.dumps(row.value)]


def _key(api: Web, collection: str) -> str:
    """Directus serves no table without one; where it does not tell which, it is the one that it makes itself."""
    fields = patiently(lambda: api.get(f"/fields/{collection}")).at("data").parts
    return next((field.at("field").text for field in fields if _is_key(field.at("schema").value)), "id")


def _is_key(schema: Any) -> bool:
    return isinstance(schema, dict) and bool(schema.get("is_primary_key"))
