"""`http_json`: a list that a service gives as JSON, page by page, as one file (document 003, 'Apps Truth').

Nothing is written before the whole list is there: each page came once, the count that the service names is reached, and
no entry stands in it twice.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from compliance.core import redact
from compliance.sync.connectors import schemas
from compliance.sync.connectors.addresses import shown
from compliance.sync.connectors.http import Client
from compliance.sync.connectors.protocol import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.sync.connectors.protocol import Task

_MISSING = object()
_PAGES = 10_000


class HttpJson:
    """A list that a service gives as JSON, page by page, as one file."""

    schema: ClassVar[Mapping[str, Any]] = schemas.load("http_json")

    def pull(self, task: Task) -> None:
        """The list, of each entry what `keep` names, in an order that depends on the entries alone."""
        config = task.config
        found = _all(task)
        if not found and not config.get("allow_empty"):
            raise Failed(
                f"'{config['items']}' is empty, and an outage looks like that (allow_empty: true takes it)"
            )
        name = config["items"].rpartition(".")[2]
        text = json.dumps({name: _kept(config, found)}, indent=2, sort_keys=True, ensure_ascii=False)
        task.write(config["output"], f"{text}\n".encode())
        task.say(f"{len(found)} {name}")


def _all(task: Task) -> list[Any]:
    """All entries, after every page was read."""
    config = task.config
    _refuse_secrets(config)
    totals, entries = set[Any](), list[Any]()
    with Client(
        task, config["url"], token_env=config.get("token_env"), headers=config.get("headers")
    ) as client:
        for page, url in _pages(client, config):
            totals.add(value_at(page, config["total"]) if "total" in config else None)
            entries += _items(page, config, url)
    _refuse_twice(config, entries)
    if "total" in config and totals != {len(entries)}:
        said = " and ".join("nothing" if t is _MISSING else json.dumps(t)[:20] for t in totals)
        raise Failed(
            f"{len(entries)} entries came, and '{config['total']}' says {said}: a page is missing, or the list changed"
            " while it was read",
            passing=True,
        )
    return entries


def _pages(client: Client, config: Mapping[str, Any]) -> Iterator[tuple[Any, str]]:
    url: Any = config["url"]
    if "page_size" in config:
        url += "?" + urlencode({config.get("page_size_parameter", "per_page"): config["page_size"]})
    seen: set[str] = set()
    while url:
        whole = client.full(url)
        if whole in seen:
            raise Failed(f"the page {shown(whole)} leads back to one that was read: the list would never end")
        if len(seen) == _PAGES:
            raise Failed(f"more than {_PAGES} pages: `page_size` asks for larger ones")
        seen.add(whole)
        page = client.json("GET", whole)
        yield page, shown(whole)
        url = value_at(page, config["next"]) if "next" in config else None
        url = None if url is _MISSING else url
        if url is not None and not isinstance(url, str):
            raise Failed(f"{shown(whole)}: '{config['next']}' is no address")


def _items(page: Any, config: Mapping[str, Any], url: str) -> list[Any]:
    found = value_at(page, config["items"])
    if found is _MISSING and "total" in config and value_at(page, config["total"]) == 0:
        return []  # a list of none is left out by services that leave out what is empty
    if not isinstance(found, list):
        raise Failed(f"{url}: the answer has no list '{config['items']}'")
    return found


def _refuse_twice(config: Mapping[str, Any], entries: list[Any]) -> None:
    path, seen = config.get("key", "id"), set[str]()
    for number, entry in enumerate(entries, 1):
        key = value_at(entry, path)
        if key is _MISSING or key is None:
            raise Failed(f"entry {number} has no '{path}', its key")
        text = json.dumps(key, sort_keys=True)
        if text in seen:
            raise Failed(
                f"entry {number} has the same '{path}' as one before: a page came twice, or the list changed while it"
                " was read",
                passing=True,
            )
        seen.add(text)


def _kept(config: Mapping[str, Any], entries: list[Any]) -> list[dict[str, Any]]:
    path = config.get("key", "id")
    made: list[tuple[list[str], dict[str, Any]]] = []
    for entry in entries:
        key = value_at(entry, path)
        kept = {name: _wanted(entry, place, key) for name, place in config["keep"].items()}
        order = [_order(kept, name) for name in config.get("sort_by", ())]
        made.append(([*order, _text(key)], kept))
    return [kept for _, kept in sorted(made, key=lambda pair: pair[0])]


def _order(kept: Mapping[str, Any], name: str) -> str:
    if name not in kept:
        raise Failed(f"sort_by: '{name}' is no name of `keep`")
    return _text(kept[name])


def _text(value: Any) -> str:
    """Texts as they are; numbers so that 9 stands before 10."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:040.9f}"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _wanted(entry: Any, path: str, key: Any) -> Any:
    found = value_at(entry, path.removesuffix("?"))
    if found is not _MISSING:
        return found
    if path.endswith("?"):
        return None
    raise Failed(f"entry {json.dumps(key)[:60]} has no '{path}': where it may be missing, write '{path}?'")


def value_at(value: Any, path: str) -> Any:
    """What a path of names leads to; `*` goes through each of a list. `_MISSING` where it leads nowhere."""
    name, _, rest = path.partition(".")
    if name == "*" and isinstance(value, list):
        inner = [value_at(item, rest) if rest else item for item in value]
        return [item for item in inner if item is not _MISSING]
    if not isinstance(value, dict) or name not in value:
        return _MISSING
    return value_at(value[name], rest) if rest else value[name]


def _refuse_secrets(config: Mapping[str, Any]) -> None:
    for name, text in config.get("headers", {}).items():
        if redact.secrets(text) or redact.value({name: text}, None) != {name: text}:
            raise Failed(
                f"headers: {name} holds a secret: a token comes by the variable that `token_env` names"
            )
