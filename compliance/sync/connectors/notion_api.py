"""Notion's API, version 2022-06-28, as far as pages of one database need it; with its documented limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

from compliance.sync.connectors import notion_values
from compliance.sync.connectors.http import Client
from compliance.sync.connectors.notion_mapping import size
from compliance.sync.connectors.protocol import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from compliance.sync.connectors.notion_mapping import Layout
    from compliance.sync.connectors.protocol import Task

HOME = "https://api.notion.com"
VERSION = "2022-06-28"
BLOCKS = 100  # that one request may append
_LARGEST = 450_000  # bytes of one request; the document allows 500 KB
_AVERAGE = 3.0  # requests a second that an integration may make


class Page(NamedTuple):
    id: str
    key: str
    values: Mapping[str, Any]


class Block(NamedTuple):
    """`text`: None where it is no plain paragraph."""

    id: str
    type: str
    text: str | None


class Notion:
    """One database. Used in a `with`, at whose end the connection is closed."""

    def __init__(self, task: Task, layout: Layout) -> None:
        config = task.config
        self.layout = layout
        self.database_path = f"v1/databases/{quote(config['database'], safe='')}"
        self.database_id = config["database"]
        headers = {"Notion-Version": config.get("version", VERSION)}
        self.client = Client(
            task, config.get("url", HOME), token_env=config["token_env"], headers=headers, rate=_AVERAGE
        )

    def __enter__(self) -> Notion:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.__exit__()

    def properties(self) -> dict[str, Any]:
        """Of the database, by name."""
        found = self.client.json("GET", self.database_path).get("properties")
        if not isinstance(found, dict):
            raise Failed("the database has no properties")
        return found

    def check(self) -> None:
        """Has the database all that is mapped, of the same type? Before anything is written."""
        there = self.properties()
        for each in (self.layout.key, *self.layout.fields.values()):
            if each.property not in there:
                raise Failed(
                    f"the database has no property '{each.property}'; it has {', '.join(sorted(there))}"
                )
            if (kind := there[each.property].get("type")) != each.type:
                raise Failed(f"'{each.property}' is a {kind} in the database, and a {each.type} in `fields`")

    def pages(self) -> dict[str, list[Page]]:
        """All pages by key, in one query: to ask for each key would take a request for each."""
        found: dict[str, Page] = {}
        for page in self._listed("POST", f"{self.database_path}/query"):
            made = self._page(page)
            found[made.id] = made
        by_key: dict[str, list[Page]] = {}
        for made in found.values():
            by_key.setdefault(made.key, []).append(made)
        return by_key

    def page(self, id_: str) -> Page:
        return self._page(self.client.json("GET", f"v1/pages/{id_}"))

    def create(self, properties: Mapping[str, Any]) -> str:
        """Not asked again where its answer is lost: there would be two. The next run finds the one by its key."""
        body = {"parent": {"database_id": self.database_id}, "properties": properties}
        return _id(self.client.json("POST", "v1/pages", body, again=False))

    def update(self, id_: str, properties: Mapping[str, Any]) -> None:
        self.client.json("PATCH", f"v1/pages/{id_}", {"properties": properties})

    def archive(self, id_: str) -> None:
        if self.client.json("PATCH", f"v1/pages/{id_}", {"archived": True}).get("archived") is not True:
            raise Failed(f"page {id_} was not archived, though the other side said so")

    def blocks(self, id_: str) -> list[Block]:
        """The content of a page."""
        return [_block(each) for each in self._listed("GET", f"v1/blocks/{id_}/children")]

    def settle(self, id_: str, lines: Sequence[str]) -> bool:
        """Make its content be these paragraphs, changing only those that differ; was anything changed?"""
        there = self.blocks(id_)
        if [block.text for block in there] == list(lines) or (not lines and [b.text for b in there] == [""]):
            return False
        odd = next((place for place, block in enumerate(there) if block.text is None), len(there))
        self._cut(there, min(odd, len(lines)))
        for block, line in zip(there, lines):
            if block.text != line:
                self.client.json("PATCH", f"v1/blocks/{block.id}", _paragraph(line, bare=True))
        for chunk in chunks(lines[len(there) :]):
            self.client.json("PATCH", f"v1/blocks/{id_}/children", {"children": chunk}, again=False)
        return True

    def _cut(self, there: list[Block], place: int) -> None:
        """What is too much, or no paragraph: that cannot become one, and what is new comes at the end alone."""
        for block in there[place:]:
            self.client.data("DELETE", f"v1/blocks/{block.id}")
        del there[place:]

    def _page(self, value: Any) -> Page:
        if not isinstance(value, dict) or not isinstance(value.get("properties"), dict):
            raise Failed("the other side gives a page in a shape that is not known")
        given, id_ = value["properties"], _id(value)
        key = self.layout.at(self.layout.key, given)
        return Page(id_, key, {name: self.layout.received(name, given) for name in self.layout.fields})

    def _listed(self, method: str, path: str) -> Iterator[Any]:
        """All entries of a list, page by page."""
        asked: dict[str, Any] = {"page_size": 100}
        seen: set[str] = set()
        while True:
            query = f"?{urlencode(asked)}" if method == "GET" else ""
            found = self.client.json(method, path + query, None if method == "GET" else asked)
            if not isinstance(found, dict) or not isinstance(found.get("results"), list):
                raise Failed(f"{path}: the answer has no list of results")
            yield from found["results"]
            cursor = found.get("next_cursor")
            if not found.get("has_more") or cursor is None:
                return
            if cursor in seen:
                raise Failed(f"{path}: the next page is one that was read: the list would never end")
            seen.add(cursor)
            asked["start_cursor"] = cursor


def _id(value: Any) -> str:
    found = value.get("id") if isinstance(value, dict) else None
    if not isinstance(found, str) or not found.replace("-", "").isalnum():
        raise Failed("the other side gives an entry without an id")
    return found


def _block(value: Any) -> Block:
    kind = value.get("type", "unknown") if isinstance(value, dict) else "unknown"
    plain = kind == "paragraph" and not value.get("has_children")
    return Block(_id(value), kind, notion_values.text(value["paragraph"]["rich_text"]) if plain else None)


def chunks(lines: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
    """Paragraphs, as many at a time as one request may hold."""
    held: list[dict[str, Any]] = []
    weight = 0
    for line in lines:
        block = _paragraph(line)
        more = size(block)
        if held and (len(held) == BLOCKS or weight + more > _LARGEST):
            yield held
            held, weight = [], 0
        held.append(block)
        weight += more
    if held:
        yield held


def _paragraph(line: str, *, bare: bool = False) -> dict[str, Any]:
    made = {"paragraph": {"rich_text": notion_values.pieces(line)}}
    return made if bare else {"object": "block", "type": "paragraph", **made}
