"""Reads the rows of governed tables: one query a table, and secrets are taken out before anybody sees a row."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.types.string import TextLoader

from compliance.core import redact
from compliance.core.needs import split_name
from compliance.estate.reading import PLAIN, Json, plain, plain_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    import psycopg

    from compliance.core.needs import RowsNeed
    from compliance.estate.connection import Look

Values = tuple[Any, ...]

# Made once: `json.dumps` with arguments makes an encoder for each row.
_spell = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode
_TEXTS = frozenset({str, Json})
_SIMPLE = frozenset({*_TEXTS, int, bool, float, type(None)})
_AT_ONCE = 256
# A header of a request, which has the word of a secret in it and nearly always the name of a variable beside it.
_HEADER = re.compile(r'\{\s*"header"\s*:\s*"[^"\\\0]*"\s*,\s*"value"\s*:\s*"[^"\\\0]*"\s*\}')


def read_rows(
    look: Look, need: RowsNeed, key: bytes | None, there: AbstractSet[str] = frozenset()
) -> list[Values]:
    """Rows of a governed table, values as JSON can hold them, each secret replaced (`key`: of its hash).

    `there`: columns that the catalog shows; of candidates only these are read.

    Sorted here, not by the server: columns of type json have no order there, and its collation is the estate's.
    Column by column, many rows at once: to ask each value costs several times as much as to read it.
    """
    rows = look.query(rows_query(need, there), adapt=_json_as_text)
    columns = [
        [
            value
            for begin in range(0, len(rows), _AT_ONCE)
            for value in _cleaned(column[begin : begin + _AT_ONCE], key)
        ]
        for column in zip(*rows, strict=True)
    ]
    return _sorted(list(zip(*columns, strict=True)))


def rows_query(need: RowsNeed, there: AbstractSet[str] = frozenset()) -> sql.Composed:
    """The statement for it. Names and values come from policy and are quoted, so any will do.

    Values as literals: with parameters psycopg reads a `%` in a name as the beginning of a placeholder.
    """
    table = sql.Identifier(*split_name(need.relation))
    absent = {name for name in need.candidates if name not in there}
    naming = next((name for name in need.named_by if name in there), None)
    names = [*([naming] if need.named_by else []), *need.all_columns]
    columns = [sql.SQL("null") if n is None or n in absent else sql.Identifier(n) for n in names]
    select = sql.SQL("select {}").format(sql.SQL(", ").join(columns))
    if need.distinct:  # as text: json has no equality
        spelled = sql.SQL(", ").join(sql.SQL("{}::pg_catalog.text").format(column) for column in columns)
        select = sql.SQL("select distinct {}").format(spelled)
    query = sql.SQL("{} from {}").format(select, table)
    if need.only is None:
        return query
    column, values = need.only
    if column in absent:
        return query + sql.SQL(" where false")
    kept = sql.SQL(" where {}::pg_catalog.text = any ({}::pg_catalog.text[])")
    return query + kept.format(sql.Identifier(column), sql.Literal(list(values)))


class _JsonLoader(TextLoader):
    def load(self, data: Any) -> Json:
        return Json(bytes(data), "utf-8")


def _json_as_text(cursor: psycopg.Cursor[Any]) -> None:
    """Whether a secret may stand in it is asked of its text, which costs a tenth of asking each value."""
    for name in ("json", "jsonb"):
        cursor.adapters.register_loader(name, _JsonLoader)


def _cleaned(values: Values, key: bytes | None) -> Sequence[Any]:
    """Values of one column. Where a word that a secret needs stands in any of their texts, each is asked."""
    kinds = set(map(type, values))
    found = plain_all(values) if Json in kinds else values if kinds <= PLAIN else list(map(plain, values))
    if kinds <= _SIMPLE and _harmless("\0".join([v for v in values if type(v) in _TEXTS]), Json in kinds):
        return found
    return [
        item if type(value) in _TEXTS and _harmless(value, type(value) is Json) else redact.value(item, key)
        for value, item in zip(values, found, strict=True)
    ]


def _harmless(text: str, of_json: bool) -> bool:
    """By the text as the server wrote it. What is escaped there says something else than it spells."""
    if of_json and ("\\u" in text or "\\/" in text):
        return False
    return redact.harmless(text) or (of_json and redact.harmless(_HEADER.sub(_unless_innocent, text)))


def _unless_innocent(header: re.Match[str]) -> str:
    return "" if _innocent(header[0]) else header[0]


@lru_cache(maxsize=1 << 10)
def _innocent(header: str) -> bool:
    """Would it stay as it is? The same few come again with every request."""
    found = json.loads(header)
    return bool(redact.value(found, None) == found)


def _sorted(rows: list[Values]) -> list[Values]:
    """By what names a row; where a name stands twice, by everything."""
    names = [row[0] if type(row[0]) is str else str(row[0]) for row in rows]
    if len(set(names)) == len(rows):
        return [row for _, row in sorted(zip(names, rows, strict=True), key=itemgetter(0))]
    return sorted(rows, key=lambda row: (str(row[0]), _spell(row)))
