"""Values of files as properties of Notion, and back, by type; both in one normal form, so that they can be compared.

Normal form: an empty text and none are one; of a number without a fraction there is none; a moment is in UTC, in
milliseconds. Limits are those of the API's document: 2,000 characters a piece of text, 100 pieces a text.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from compliance.sync.connectors.protocol import Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PIECE, PIECES = 2000, 100
_LONGEST_OPTION, _LONGEST_URL = 100, 2000
_EXACT = 2**53  # what is larger is another number on the other side, which keeps them as JavaScript does
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?")


def normal(kind: str, value: Any) -> Any:
    """Of a file's value; raises `Failed` with what is wanted, never with what stands there."""
    return _NORMAL[kind](value)


def sent(kind: str, value: Any) -> dict[str, Any]:
    """A value in normal form as the API takes it."""
    if kind in ("title", "rich_text"):
        return {kind: pieces(value)}
    if kind == "select":
        return {kind: None if value is None else {"name": value}}
    if kind == "date":
        return {kind: value if value is None or isinstance(value, dict) else {"start": value, "end": None}}
    return {kind: value}


def received(kind: str, given: Mapping[str, Any]) -> Any:
    """What the API says, in normal form; raises `Failed` where it is no value of that type."""
    value = given.get(kind)
    try:
        if kind in ("title", "rich_text"):
            return text(value)
        if kind == "select":
            return None if value is None else value["name"]
        if kind == "date" and value is not None:
            zone = value.get("time_zone")
            return _date({key: _zoned(value.get(key), zone) for key in ("start", "end")})
        whole = kind == "number" and isinstance(value, int) and not isinstance(value, bool)
        return normal(kind, float(value) if whole else value)  # type: ignore[arg-type]
    except (KeyError, TypeError, AttributeError):
        raise Failed(f"the other side gives a {kind} in a shape that is not known") from None


def text(found: Any) -> str:
    """Of pieces of rich text."""
    return "".join(piece["plain_text"] for piece in found or ())


def pieces(value: str) -> list[dict[str, Any]]:
    """A text in pieces of the length that is allowed, counted as JavaScript counts: no sign is cut in two."""
    found, units = [""], 0
    for sign in value:
        width = 2 if ord(sign) > 0xFFFF else 1
        if units + width > PIECE:
            found.append("")
            units = 0
        found[-1] += sign
        units += width
    if len(found) > PIECES:
        raise Failed(f"a text is longer than {PIECES} pieces of {PIECE} characters")
    return [{"type": "text", "text": {"content": piece}} for piece in found if piece]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Failed("has to be a text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Failed("holds half a character") from None
    return value


def _number(value: Any) -> int | float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Failed("has to be a number")
    if abs(value) > _EXACT and isinstance(value, int):
        raise Failed("is a number with more digits than the other side keeps: make it a text")
    return int(value) if value == int(value) and abs(value) <= _EXACT else value


def _date(value: Any) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return _moment(value)
    if not isinstance(value, dict) or not value.keys() <= {"start", "end"} or not value.get("start"):
        raise Failed("has to be a day, a moment, or {start, end} of them")
    start, end = _moment(value["start"]), value.get("end")
    return start if not end else {"start": start, "end": _moment(end)}


def _moment(value: Any) -> str:
    if not isinstance(value, str) or not (_DAY.fullmatch(value) or _MOMENT.fullmatch(value)):
        raise Failed("has to be a day such as 2025-01-31, or a moment such as 2025-01-31T08:00:00+08:00")
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value).isoformat()
        found = datetime.fromisoformat(value)
        if found.tzinfo is None:
            raise Failed("is a moment without its zone: write +00:00 behind it, or what it is")
        found = found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Failed("is a day or moment that does not exist") from None
    if found.microsecond % 1000:
        raise Failed("is a moment finer than milliseconds")
    return found.isoformat(timespec="milliseconds" if found.microsecond else "seconds")


def _zoned(value: Any, zone: Any) -> Any:
    """A moment whose zone stands beside it."""
    if not isinstance(value, str) or not isinstance(zone, str) or "T" not in value:
        return value
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))).isoformat()
    except (ValueError, ZoneInfoNotFoundError):
        raise Failed("the other side names a zone of time that is not known") from None


def _select(value: Any) -> str | None:
    found = _text(value)
    if "," in found or len(found.encode("utf-16-le")) // 2 > _LONGEST_OPTION:
        raise Failed(f"has to be an option: up to {_LONGEST_OPTION} characters, and no comma")
    return found or None


def _checkbox(value: Any) -> bool:
    if value is not None and not isinstance(value, bool):
        raise Failed("has to be true or false")
    return bool(value)


def _url(value: Any) -> str | None:
    found = _text(value)
    if len(found.encode("utf-16-le")) // 2 > _LONGEST_URL:
        raise Failed(f"has to be an address of up to {_LONGEST_URL} characters")
    return found or None


_NORMAL: Mapping[str, Callable[[Any], Any]] = {
    "title": _text,
    "rich_text": _text,
    "number": _number,
    "date": _date,
    "select": _select,
    "checkbox": _checkbox,
    "url": _url,
}
