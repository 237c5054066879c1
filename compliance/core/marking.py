"""Rows that are made to see what becomes of them: what they hold, and what their documents have to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VARIABLE = "{marker}"
KEY = "{key}"


class Marked(NamedTuple):
    """A collection in which rows are made. `row`: the values of their columns; `changed`: those that an update changes.

    `document`: the template of their documents' ids; `title` and `sent`: the columns that a document holds.
    `version`: digest of what it is that is looked at, by which what was seen of something else is told.
    """

    collection: str
    key: str
    document: str
    title: str
    sent: tuple[str, ...]
    row: Mapping[str, Any]
    changed: tuple[str, ...]
    version: str

    def document_of(self, row: Mapping[str, Any]) -> str:
        """The id of the document of a row."""
        return self.document.replace(KEY, str(row[self.key]))

    def filled(self, marker: str, columns: Iterable[str] | None = None) -> dict[str, Any]:
        """The values of a row, or of some of its columns."""
        wanted = self.row if columns is None else columns
        return {name: _filled(self.row[name], marker) for name in wanted}


class Marking(NamedTuple):
    """In each collection a row, and `many` at once. `seconds`: how long it is waited where nothing more arrives.

    `returned`: the collection that documents come back to; `control`: the prefix of a document that has to.
    """

    collections: tuple[Marked, ...]
    many: int
    seconds: float
    returned: str
    control: str | None


def _filled(value: Any, marker: str) -> Any:
    return value.replace(VARIABLE, marker) if isinstance(value, str) else value
