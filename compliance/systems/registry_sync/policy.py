"""Policy of the registry sync: document 000, 'Flows Created', 'Architecture', 'Notes'."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

from compliance.core import template
from compliance.systems.registry_sync.naming import filled, overlap, unusable, variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.estate.document import Document

Action = Literal["create", "update", "delete"]
ACTIONS: tuple[Action, ...] = ("create", "update", "delete")
MARKER = "{marker}"
_LONGEST_NAME = 255  # of a flow


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection that is synchronised. `document`: its template, `key`: the column that stands in it.

    `former`: templates that documents of it were once named by. `title` and `fields`: the columns that are sent.
    `marker`: the values of a row that is made in order to see what becomes of it; None: no such row is made.
    """

    name: str
    label: str
    document: str
    key: str
    former: tuple[str, ...]
    title: str
    fields: tuple[str, ...]
    marker: Mapping[str, Any] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The key and every column that a document or a former name is made of, each once."""
        named = (column for template in self.former for column in variables(template))
        return tuple(dict.fromkeys((self.key, self.title, *self.fields, *named)))

    @property
    def parent(self) -> str:
        """The folder that its documents lie in."""
        return self.document.rpartition("/")[0]

    def document_of(self, row: Mapping[str, Any]) -> str:
        """The id of the document of a row."""
        return filled(self.document, row)


@dataclass(frozen=True, slots=True)
class DeclaredFlow:
    """One of the flows that follow from policy: three a collection, and a helper behind each that meets many keys."""

    name: str
    collection: str
    action: Action
    helper: bool


@dataclass(frozen=True, slots=True)
class Excluded:
    """A collection that is not synchronised. `evidence`: it is absent, or there and forbidden."""

    reason: str
    evidence: Literal["absent", "forbidden"]


@dataclass(frozen=True, slots=True)
class Reverse:
    """What the service sends back to Directus, as its source says: `name` holds the prefixes, `filter` applies them."""

    source: str
    name: str
    prefixes: tuple[str, ...]
    filter: str
    collection: str


@dataclass(frozen=True, slots=True)
class Service:
    """The document service: names of environment variables, its store, its way back, its reviewed source."""

    url_env: str
    key_env: str
    header: str
    documents: tuple[str, str, str]
    reverse: Reverse
    reviewed_sources: Mapping[str, str]
    webhooks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Environment:
    """Where Directus' environment is written down."""

    file: str
    service: str


@dataclass(frozen=True, slots=True)
class Failures:
    """The collection that records a failed request, its column for the title, and values of further columns."""

    collection: str
    title: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Exercised:
    """How rows are made in order to be seen: `many` at once beside a single one, and for how many `seconds` it is
    waited where nothing more arrives."""

    many: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Policy:
    reviewed: bool
    accountability: str | None
    prune: bool
    schema: str
    collections: Mapping[str, Collection]
    flows: Mapping[str, DeclaredFlow]
    excluded: Mapping[str, Excluded]
    service: Service
    environment: Environment
    failures: Failures
    known_operations: tuple[str, ...]
    bypasses: Mapping[str, str]
    exercise: Exercised

    def flow(self, collection: str, action: Action, *, helper: bool = False) -> str:
        """The declared name of a flow."""
        return next(
            flow.name
            for flow in self.flows.values()
            if (flow.collection, flow.action, flow.helper) == (collection, action, helper)
        )


def parse(document: Document) -> Policy:
    """Frozen values of a validated document; what a schema cannot say is checked here."""
    value = document.value
    collections = {name: _collection(document, name) for name in value["collections"]}
    _check_apart(document, collections)
    return Policy(
        reviewed=bool(value["reviewed"]),
        accountability=value["accountability"],
        prune=value["prune"],
        schema=value["schema"],
        collections=collections,
        flows=_flows(document, collections),
        excluded={name: Excluded(**entry) for name, entry in _excluded(document, collections)},
        service=_service(value["service"]),
        environment=Environment(**value["environment"]),
        failures=Failures(**value["failures"]),
        known_operations=tuple(value["known_operations"]),
        bypasses=value["bypasses"],
        exercise=Exercised(**value["exercise"]),
    )


def _collection(document: Document, name: str) -> Collection:
    value = document.value["collections"][name]
    named = variables(value["document"])
    if len(named) != 1 or not named[0]:
        raise document.error(
            f"{name}: the document id needs exactly one variable, the collection's key: {value['document']}",
            "collections", name, "document",
            remedy="a delete knows the key and nothing else, so no other column can stand in it",
        )  # fmt: skip
    if why := unusable(value["document"]):
        raise document.error(f"{name}: {value['document']} {why}", "collections", name, "document")
    former, columns = tuple(value.get("former", ())), (value["title"], *value["fields"])
    if value["document"] in former or any("" in variables(each) for each in former):
        raise document.error(
            f"{name}: a former id is the present one, or has a variable without a name",
            "collections",
            name,
            "former",
        )
    for place in _unsendable(columns):
        raise document.error(f"{name}: {place}", "collections", name, "fields")
    named_before = [v for each in former for v in variables(each) if v != named[0]]
    return Collection(
        name, value["label"], value["document"], named[0], former, value["title"], tuple(value["fields"]),
        _marker(document, name, value["title"], named_before),
    )  # fmt: skip


def _unsendable(columns: tuple[str, ...]) -> Iterator[str]:
    """A column that a template of Directus cannot name, or that would stand where the document has something else."""
    title, *fields = columns
    for column in columns:
        if template.parse(f"{{{{read.{column}}}}}") != (template.Variable(("read", column)),):
            yield f"'{column}' is no name that a template of Directus could hold"
    for field in fields:
        if field == "collection" or (field == "title" and title != "title"):
            yield f"'{field}' stands in each document for something else"


def _marker(document: Document, name: str, title: str, former: list[str]) -> dict[str, Any] | None:
    """The values of a row to be recognised by: the title begins with the mark, which is another one in each row."""
    value = document.value["collections"][name].get("marker")
    if value is None:
        return None
    found: dict[str, Any] = {title: MARKER, **value}
    if not str(found[title]).startswith(MARKER):
        raise document.error(
            f"{name}: {title} is what a row is recognised by, so that it begins with {MARKER}",
            "collections", name, "marker",
        )  # fmt: skip
    for column in former:
        if MARKER not in str(found.get(column)):
            raise document.error(
                f"{name}: {column} was part of a document's id, so that each row needs one of its own: {MARKER}",
                "collections", name, "marker",
            )  # fmt: skip
    return found


def _check_apart(document: Document, collections: Mapping[str, Collection]) -> None:
    """No row of one collection has the document of a row of another one, whatever their keys are."""
    for one, other in combinations(collections.values(), 2):
        if overlap(one.document, other.document):
            raise document.error(
                f"{other.name}: its documents may have the ids of those of {one.name}: {other.document}",
                "collections", other.name, "document",
            )  # fmt: skip


def _flows(document: Document, collections: Mapping[str, Collection]) -> dict[str, DeclaredFlow]:
    names, found = document.value["names"], dict[str, DeclaredFlow]()
    for collection in collections.values():
        for action in ACTIONS:
            flow = filled(
                names["flow"], _Named(document, label=collection.label, action=names["actions"][action])
            )
            declared = [DeclaredFlow(flow, collection.name, action, helper=False)]
            if action != "create":
                helper = filled(names["helper"], _Named(document, flow=flow))
                declared.append(DeclaredFlow(helper, collection.name, action, helper=True))
            for item in declared:
                if item.name in found:
                    raise document.error(f"two flows would have the name '{item.name}'", "names")
                if len(item.name) > _LONGEST_NAME:
                    raise document.error(
                        f"a name of a flow has at most {_LONGEST_NAME} letters: {item.name}", "names"
                    )
                found[item.name] = item
    return found


class _Named(dict[str, Any]):
    """What a name of a flow can be made of; anything else is an error in policy."""

    def __init__(self, document: Document, **values: str) -> None:
        super().__init__(values)
        self._document = document

    def __missing__(self, key: str) -> Any:
        allowed = ", ".join(sorted(self))
        raise self._document.error(f"names: unknown variable {{{key}}}; allowed: {allowed}", "names")


def _excluded(document: Document, collections: Mapping[str, Collection]) -> list[tuple[str, Any]]:
    found = document.value["excluded"]
    for name in found:
        if name in collections:
            raise document.error(f"{name}: is both synchronised and excluded", "excluded", name)
    return list(found.items())


def _service(value: dict[str, Any]) -> Service:
    store, reverse = value["documents"], value["reverse"]
    return Service(
        url_env=value["url_env"],
        key_env=value["key_env"],
        header=value["header"],
        documents=(store["relation"], store["key"], store["data"]),
        reverse=Reverse(**{**reverse, "prefixes": tuple(reverse["prefixes"])}),
        reviewed_sources=value["reviewed_sources"],
        webhooks=tuple(value["webhooks"]),
    )
