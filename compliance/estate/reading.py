"""Values and definitions, spelled the same for the same content wherever and whenever they are read."""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import TYPE_CHECKING, Any

from psycopg.adapt import Loader
from psycopg.types.array import ArrayLoader
from psycopg.types.string import TextLoader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Connection
    from psycopg.abc import Buffer

# How the server spells what it is asked for, whatever its configuration, the database or the role is set to. Not among
# the start-up options: what libpq sends for PGTZ and PGDATESTYLE prevails over those.
_SPELLING = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "lc_monetary": "C",
    "lc_numeric": "C",
    "lc_time": "C",
}
_SPELL = (
    b"select pg_catalog.set_config(s.key, s.value, false)"
    b" from pg_catalog.json_each_text(%s::pg_catalog.json) as s"
)

# The server's text is exact where Python's types are not: 'infinity', months in an interval, the scale of a
# numeric.
_LISTED = ("text", "varchar", "bpchar", "name")
_AS_TEXT = ("numeric", "date", "time", "timetz", "timestamp", "interval", "uuid", "inet", "cidr")


class _Instant(Loader):
    """`2026-01-02 03:04:05+00`, as a session in UTC writes it, in ISO 8601."""

    def load(self, data: Buffer) -> str:
        text = bytes(data).decode()
        return text.replace(" ", "T", 1).removesuffix("+00") + "Z" if text.endswith("+00") else text


class _List(ArrayLoader):
    """A list that does not count from 1 differs from one that does, so it stays text: `[0:0]={a}`."""

    def load(self, data: Buffer) -> Any:
        return bytes(data).decode() if bytes(data[:1]) == b"[" else super().load(data)


def register(connection: Connection[Any]) -> None:
    """Let this connection spell alike what is alike, and load as text what Python would change or cannot hold."""
    connection.execute(_SPELL, [json.dumps(_SPELLING)])
    for name in _AS_TEXT:
        connection.adapters.register_loader(name, TextLoader)
    connection.adapters.register_loader("timestamptz", _Instant)
    for name in _LISTED:
        known = connection.adapters.types[name]
        of_it = {"base_oid": known.oid, "delimiter": known.delimiter.encode()}
        connection.adapters.register_loader(known.array_oid, type("List", (_List,), of_it))


_ELEMENT = r"(?:'(?:[^']|'')*'|NULL)::[a-z ]+"
_CAST_LIST = re.compile(rf"\(ARRAY\[({_ELEMENT}(?:, {_ELEMENT})*)\]\)::text\[\]")


def settled(definition: str) -> str:
    """A definition as it reads once it was dumped and restored.

    PostgreSQL prints `varchar in ('a', 'b')` as the cast of a list, reads that as a list of casts, and keeps it so.
    """
    if "])::text[]" not in definition:
        return definition
    return _CAST_LIST.sub(
        lambda found: f"ARRAY[{re.sub(_ELEMENT, lambda one: f'({one[0]})::text', found[1])}]", definition
    )


class Json(str):
    """The text of a value of JSON, as the server wrote it."""

    __slots__ = ()


PLAIN = frozenset({str, int, bool, type(None)})
# The scanner alone: `json.loads` spends as long again on a short text to find out what it was given.
_scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # typeshed does not know it


def _parsed(text: Json) -> Any:
    try:
        found = _scan(text, 0)[0]
    except StopIteration:  # white space comes first
        found = json.loads(text)
    except RecursionError:
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    return _settled(found)


def plain_all(values: Sequence[Any]) -> list[Any]:
    """`plain` of each. All texts of JSON are read in one go: that is most of what it costs."""
    texts = [value for value in values if type(value) is Json]
    try:
        parsed = iter(_scan(f"[{','.join(texts)}]", 0)[0])
    except RecursionError:
        return list(map(plain, values))
    return [_settled(next(parsed)) if type(value) is Json else plain(value) for value in values]


def _settled(found: Any) -> Any:
    """A list at the top as a tuple, as it is in a recorded observation; below it JSON stays what it is."""
    return found if type(found) is dict or type(found) in PLAIN else plain(found)


def plain(value: Any) -> Any:
    """A value that JSON holds without loss: lists as tuples, bytes as a digest, anything else as its text."""
    if type(value) in PLAIN:  # nearly all; the patterns below cost several times as much
        return value
    match value:
        case Json():
            return _parsed(value)
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case bytes():
            return f"sha256:{hashlib.sha256(value).hexdigest()}"
        case list() | tuple():
            return tuple(map(plain, value))
        case dict():
            return {str(name): item if type(item) in PLAIN else plain(item) for name, item in value.items()}
    return str(value)
