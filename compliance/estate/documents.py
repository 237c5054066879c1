"""The documents that the document service keeps, read from its store by SQL; what was deleted is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from compliance.core.facts import Document
from compliance.core.needs import split_name
from compliance.core.observation import Provenance
from compliance.estate import seeing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.needs import DocumentsNeed, Needs
    from compliance.estate.config import Estate
    from compliance.estate.connection import Look
    from compliance.estate.seeing import Section


def kept_here(estate: Estate, needs: Needs) -> DocumentsNeed | None:
    """What is read in the look at the estate itself, as its own database keeps the documents too."""
    here = estate.documents is not None and estate.documents.dsn is None
    return needs.documents if here and "documents" not in estate.unavailable else None


def section(look: Look, need: DocumentsNeed, at: str, key: bytes | None) -> Section:
    """All documents, through a look that is open."""
    query = f"select {need.key}, {need.data} from {need.relation}"  # noqa: S608 - what the report shows, not what is run
    return seeing.section(lambda: stored(look, need), Provenance("documents", query, at, 0.0), key)


def stored(look: Look, need: DocumentsNeed) -> Iterator[Document]:
    """Every one, whole. A row that is no document is told as what it is: its key, and nothing besides."""
    for key, data in look.query(_query(need)):
        said = data if isinstance(data, dict) else {}
        content, metadata = _mapping(said.get("content")), said.get("metadata")
        yield Document(
            _text(said.get("document_id")) or key,
            _text(said.get("parent_id")),
            _text(_mapping(metadata).get("title")),
            _text(content.get("mime_type")),
            _text(content.get("body")),
            metadata,
            whole=True,
        )


def _query(need: DocumentsNeed) -> sql.Composed:
    """Names come from policy and are quoted. The service marks a document as deleted, and keeps its row."""
    key, data = sql.Identifier(need.key), sql.Identifier(need.data)
    table = sql.Identifier(*split_name(need.relation))
    query = "select {}::pg_catalog.text, {} from {} where ({} operator(pg_catalog.->>) 'deleted_at') is null"
    return sql.SQL(query).format(key, data, table, data)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
