"""A JSON object of a person's file, changed where it has to be: order, spaces and what nobody asked about stay.

The file belongs to an editor and to whoever set it up; one that comes back sorted and indented anew shows a change in
every line.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_WHITE = " \t\r\n"
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class NotJson(ValueError):
    """Why a text is none, or none that can be changed; without any value of it."""


class _Member(NamedTuple):
    """`start` and `end` lie between the signs that separate it from others; the value stands at `at` up to `until`."""

    key: str
    start: int
    at: int
    until: int
    end: int


class Style(NamedTuple):
    """`indent`: of the object itself; `unit`: one step; `newline`: how lines end."""

    indent: str = ""
    unit: str = "  "
    newline: str = "\n"


def parsed(text: str) -> Any:
    """The value; raises `NotJson` with the line, also where one key stands twice: one of them would be lost."""
    try:
        return json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise NotJson(f"line {error.lineno}: is no JSON: {error.msg}") from None
    except RecursionError:
        raise NotJson("is nested too deeply") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson("a key stands there twice")
    return found


def everything(_: str) -> bool:
    """All members are the caller's."""
    return True


def changed(text: str, wanted: Mapping[str, Any], owned: Callable[[str], bool] = everything) -> str:
    """The object of a text with these members. What is `owned` and not wanted goes; all else stays as it is."""
    newline = "\r\n" if "\r\n" in text else "\n"
    start = _SPACE.match(text, 1 if text.startswith("\ufeff") else 0).end()  # type: ignore[union-attr]
    new, end = _object(text, start, wanted, owned, Style(unit=_unit(text), newline=newline))
    return text[:start] + new + text[end:]


def _unit(text: str) -> str:
    found = re.search(r"\n([ \t]+)\S", text)
    return found[1] if found else "  "


def _object(
    text: str, start: int, wanted: Mapping[str, Any], owned: Callable[[str], bool], style: Style
) -> tuple[str, int]:
    if text[start : start + 1] != "{":
        raise NotJson("is no object")
    members, close = _members(text, start)
    before = _before(text, members, style)
    inner = style._replace(indent=before.rpartition("\n")[2] if "\n" in before else style.indent + style.unit)
    pieces = [
        _piece(text, each, wanted, inner) for each in members if each.key in wanted or not owned(each.key)
    ]
    if pieces and pieces[0] != text[members[0].start : members[0].end]:  # it may not have been the first
        pieces[0] = _lead(text, members[0].start) + pieces[0].lstrip(_WHITE)
    there = {each.key for each in members}
    flat = "\n" not in before
    for key in (key for key in wanted if key not in there):
        lead = before if pieces or "\n" in before else before.lstrip(" ")
        pieces.append(f"{lead}{_dumped(key, inner)}: {_dumped(wanted[key], inner, flat=flat)}")
    tail = text[members[-1].end : close] if members else f"{style.newline}{style.indent}"
    return "{" + ",".join(pieces) + (tail if pieces else "") + "}", close + 1


def _before(text: str, members: list[_Member], style: Style) -> str:
    """What stands before a new member, as before those that are there."""
    if not members:
        return f"{style.newline}{style.indent}{style.unit}"
    return _lead(text, members[-1].start) or " "


def _lead(text: str, start: int) -> str:
    return text[start : _skipped(text, start)]


def _piece(text: str, member: _Member, wanted: Mapping[str, Any], style: Style) -> str:
    old = text[member.start : member.end]
    if member.key not in wanted:
        return old
    now, value = _DECODER.raw_decode(text, member.at)[0], wanted[member.key]
    if json.dumps(now, sort_keys=True) == json.dumps(value, sort_keys=True):
        return old
    if isinstance(now, dict) and isinstance(value, dict) and now:
        new, _ = _object(text, member.at, value, everything, style)
    else:
        new = _dumped(value, style, flat="\n" not in old and not isinstance(value, dict))
    return text[member.start : member.at] + new + text[member.until : member.end]


def _dumped(value: Any, style: Style, *, flat: bool = False) -> str:
    if flat:
        return json.dumps(value, ensure_ascii=False)
    told = json.dumps(value, ensure_ascii=False, indent=style.unit)
    return told.replace("\n", f"{style.newline}{style.indent}")


def _members(text: str, start: int) -> tuple[list[_Member], int]:
    """Of the object that begins there, which is known to be one; and where it closes."""
    found: list[_Member] = []
    place = start + 1
    while True:
        at = _skipped(text, place)
        if text[at] == "}":
            return found, at
        key, after = _DECODER.raw_decode(text, at)
        value = _skipped(text, _skipped(text, after) + 1)
        _, until = _DECODER.raw_decode(text, value)
        sign = _skipped(text, until)
        found.append(_Member(key, place, value, until, sign if text[sign] == "," else until))
        if text[sign] == "}":
            return found, sign
        place = sign + 1


def _skipped(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    assert found is not None
    return found.end()
