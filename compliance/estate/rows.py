"""Reads the rows of governed tables: one query a table, and secrets are taken out before anybody sees a row."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.types.string import TextLoader

from compliance.core import redact
from compliance.core.needs import split_name
from compliance.estate.reading import Json, plain

if TYPE_CHECKING:
    import psycopg

    from compliance.core.needs import RowsNeed
    from compliance.estate.connection import Look

Values = tuple[Any, ...]

# Made once: `json.dumps` with arguments makes an encoder for each row.
_spell = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode
_TEXTS = (str, Json)


def read_rows(look: Look, need: RowsNeed, key: bytes | None) -> list[Values]:
    """Rows of a governed table, values as JSON can hold them, each secret replaced (`key`: of its hash).

    Sorted here, not by the server: columns of type json have no order there, and its collation is the estate's.
    """
    return _sorted([_row(row, key) for row in look.query(rows_query(need), adapt=_json_as_text)])


def rows_query(need: RowsNeed) -> sql.Composed:
    """The statement for it. Names and values come from policy and are quoted, so any will do.

    Values as literals: with parameters psycopg reads a `%` in a name as the beginning of a placeholder.
    """
    table = sql.Identifier(*split_name(need.relation))
    columns = sql.SQL(", ").join(map(sql.Identifier, need.columns))
    query = sql.SQL("select {} from {}").format(columns, table)
    if need.only is None:
        return query
    column, values = need.only
    kept = sql.SQL(" where {}::pg_catalog.text = any ({}::pg_catalog.text[])")
    return query + kept.format(sql.Identifier(column), sql.Literal(list(values)))


class _JsonLoader(TextLoader):
    def load(self, data: Any) -> Json:
        return Json(bytes(data), "utf-8")


def _json_as_text(cursor: psycopg.Cursor[Any]) -> None:
    """Whether a secret may stand in it is asked of its text, which costs a tenth of asking each value."""
    for name in ("json", "jsonb"):
        cursor.adapters.register_loader(name, _JsonLoader)


def _row(row: Values, key: bytes | None) -> Values:
    values = tuple(map(plain, row))
    return values if _harmless(row, values) else redact.value(values, key)


def _harmless(row: Values, values: Values) -> bool:
    """By the texts of a row. Where one is escaped, or stands within a list, what it says is asked of all of them."""
    texts = [value for value in row if type(value) in _TEXTS]
    whole = "\0".join(texts)
    if "\\u" in whole or any(isinstance(value, (list, tuple, dict)) for value in row):
        return redact.harmless(_spell(values))
    return redact.harmless(whole)


def _sorted(rows: list[Values]) -> list[Values]:
    """By what names a row; where a name stands twice, by everything."""
    if len({str(row[0]) for row in rows}) == len(rows):
        return sorted(rows, key=lambda row: str(row[0]))
    return sorted(rows, key=lambda row: (str(row[0]), _spell(row)))
