"""Is the estate as policy declares it? Flows by drift, which the compiler repairs; documents by their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.change import Differs, Missing, Undeclared
from compliance.core.finding import Finding, Judgement, NotApplicable
from compliance.core.flowdiff import same
from compliance.systems.registry_sync import moves
from compliance.systems.registry_sync.drift import drift

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.facts import Document
    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.policy import Collection

_SHOWN = 160


def flows_equal_policy(facts: Facts) -> Iterator[Judgement]:
    """Both directions, by id and name, every attribute that does something; all of drift becomes findings, so probe and
    compiler cannot disagree."""
    flows, operations = ([row.values for row in facts.read(f"rows:{name}")] for name in ("flows", "operations"))
    for item in drift(facts.policy, flows, operations):
        match item:
            case Missing(subject):
                yield Finding(subject, "declared, but there is no such flow", "missing")
            case Undeclared(subject):
                yield Finding(
                    subject,
                    "an active flow on a governed collection that policy does not declare",
                    "undeclared",
                )
            case Differs(subject, facet, declared, observed):
                yield Finding(subject, "; ".join(told(facet, declared, observed)), facet)


def told(place: str, declared: Any, observed: Any) -> Iterator[str]:
    """Where two values differ: of JSON only the parts that do, since a request is longer than a line."""
    if isinstance(declared, dict) and isinstance(observed, dict):
        for key in sorted(declared.keys() | observed.keys()):
            if not same(declared.get(key), observed.get(key)):
                yield from told(f"{place}.{key}", declared.get(key), observed.get(key))
    else:
        yield f"{place} is {_told(observed)}, declared {_told(declared)}"


def _told(value: Any) -> str:
    text = canonical.dumps(value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def no_document_without_its_row(facts: Facts) -> Iterator[Judgement]:
    """What lies in a collection's folder belongs to a row that is there, perhaps of a collection whose folder lies
    within. A former id of such a row has its own rule."""
    known: set[str] = set()
    for collection in facts.policy.collections.values():
        known |= {collection.document_of(row) for row in rows(facts, collection)}
        known |= {item.old for item in moves.former(facts, collection)}
    for collection in facts.policy.collections.values():
        for document in _folder(facts, collection):
            if document.id not in known:
                yield Finding(collection.name, f"{document.id}: its row is gone", document.id)


def no_row_without_its_document(facts: Facts) -> Iterator[Judgement]:
    """Every row has arrived. One that lies under a former id has its own rule."""
    for collection in facts.policy.collections.values():
        there = {document.id for document in facts.read("documents")}
        moved = {item.new for item in moves.former(facts, collection)}
        for row in rows(facts, collection):
            document = collection.document_of(row)
            if document not in there | moved:
                yield Finding(
                    collection.name, f"{document}: the row {row[collection.key]} has no document", document
                )


def documents_say_what_rows_say(facts: Facts) -> Iterator[Judgement]:
    """Each field that is sent, as it would be sent now; where only ids were seen nothing can be said."""
    documents = {document.id: document for document in facts.read("documents")}
    for collection in facts.policy.collections.values():
        for row in rows(facts, collection):
            found = documents.get(collection.document_of(row))
            if found is not None and not found.whole:
                yield NotApplicable(
                    collection.name, "only the ids of documents were seen; documents.dsn shows more"
                )
                break
            if found is not None:
                yield from _differences(collection, row, found)


def _differences(collection: Collection, row: Mapping[str, Any], found: Document) -> Iterator[Judgement]:
    for facet, (want, seen) in _compared(collection, row, found).items():
        if canonical.dumps(want) != canonical.dumps(seen):
            yield Finding(
                collection.name,
                f"{found.id}: {facet} is {_told(seen)}, its row says {_told(want)}",
                f"{found.id} {facet}",
            )


def _compared(collection: Collection, row: Mapping[str, Any], found: Document) -> dict[str, tuple[Any, Any]]:
    metadata = found.metadata if isinstance(found.metadata, dict) else {}
    sent = {field: row[field] for field in collection.fields}
    want = {**sent, "title": row[collection.title], "collection": collection.name}
    body = "\n\n".join([f"# {_text(row[collection.title])}", *map(_text, sent.values())])
    return {
        "parent": (collection.parent, found.parent),
        "type": ("text/markdown", found.mime_type),
        "body": (body, found.body),
        **{f"metadata {name}": (value, metadata.get(name)) for name, value in want.items()},
    }


def _text(value: Any) -> str:
    """As Directus writes a value into a text."""
    return str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)


def rows(facts: Facts, collection: Collection) -> Iterator[dict[str, Any]]:
    """The rows of a collection, by column."""
    for row in facts.read(moves.rows_of(collection)):
        yield dict(zip(collection.columns, row.values, strict=True))


def _folder(facts: Facts, collection: Collection) -> list[Document]:
    head = f"{collection.parent}/"
    return [document for document in facts.read("documents") if document.id.startswith(head)]
