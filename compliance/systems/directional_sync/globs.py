"""Globs of `sync.yaml`, as git reads them: `*` and `?` stay within a name, `**` stands for any number of folders."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ANY = "**"
_MAGIC = re.compile(r"[*?\[]")
_EDGE = re.compile(r"[*?\[\]]")


def matches(path: str, globs: Iterable[str]) -> bool:
    """Does one of the globs name this path, which has `/` between its names?"""
    return any(_pattern(glob).fullmatch(path) is not None for glob in globs)


def leads_out(glob: str) -> bool:
    """Does it name anything outside of the folder that it is read in, or of git's own?"""
    parts = glob.split("/")
    return glob.startswith(("/", "~")) or ".." in parts or parts[0] == ".git"


def base(glob: str) -> str:
    """The folder before the first name that is not plain; of a plain path the one that holds it."""
    plain: list[str] = []
    for part in _segments(glob)[:-1]:
        if _MAGIC.search(part):
            break
        plain.append(part)
    return "/".join(plain)


def normal(glob: str) -> str:
    """The one way to write it: `./a//b/` is `a/b/**`."""
    return "/".join(_segments(glob))


def plain(glob: str) -> bool:
    """Does it name one file, and no more?"""
    return not glob.endswith("/") and _MAGIC.search(glob) is None


def sample(glob: str) -> str:
    """A path that it names; of a plain one itself."""
    return "/".join("x" if part == _ANY else "".join(map(_sign, _units(part))) for part in _segments(glob))


def _sign(unit: str) -> str:
    """One that a unit stands for."""
    if unit in ("*", "?"):
        return "x"
    if len(unit) == 1:
        return unit
    found = re.compile(_one(unit), re.DOTALL)
    return next(
        (sign for sign in map(chr, (*range(0x61, 0x7B), *range(0x21, 0x250))) if found.fullmatch(sign)), ""
    )


def edges(glob: str) -> tuple[str, str]:
    """The signs that all its paths begin with, and those that they end with; of a plain path all of them, closed."""
    whole = "/".join(_segments(glob))
    magic = [match.start() for match in _EDGE.finditer(whole)]
    if not magic:
        return whole + "\0", "\0" + whole
    # A `**` may stand for no folder at all, so the stroke behind it is none that a path must have.
    return whole[: magic[0]], whole[magic[-1] + 1 :].removeprefix("/")


def overlap(one: str, other: str) -> bool:
    """Is there a path that both name? Exact: both are walked side by side."""
    return _meet(_segments(one), _segments(other))


def _segments(glob: str) -> tuple[str, ...]:
    """A folder stands for all that is in it."""
    parts = [part for part in glob.split("/") if part not in ("", ".")]
    if glob.endswith("/") or not parts:
        parts.append(_ANY)
    return tuple(parts)


@lru_cache(maxsize=4096)
def _pattern(glob: str) -> re.Pattern[str]:
    parts = _segments(glob)
    found = ""
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        if part == _ANY:
            found += ".+" if last else "(?:[^/]+/)*"
        else:
            found += _segment(part) + ("" if last else "/")
    return re.compile(found, re.DOTALL)


def _segment(part: str) -> str:
    return "".join(_one(unit) for unit in _units(part))


def _one(unit: str) -> str:
    if unit in ("*", "?"):
        return "[^/]*" if unit == "*" else "[^/]"
    return _set(unit[1:-1]) if len(unit) > 1 else re.escape(unit)


def _set(inner: str) -> str:
    """Of `[…]`: signs and ranges. A range that ends before it begins holds nothing, as with git."""
    none_of = len(inner) > 1 and inner[0] in "!^"
    found = ""
    for first, last, sign in re.findall(r"(.)-(.)|(.)", inner[1:] if none_of else inner, re.DOTALL):
        if sign:
            found += re.escape(sign)
        elif first <= last:
            found += f"{re.escape(first)}-{re.escape(last)}"
    if not found:
        return "[^/]" if none_of else "(?!)"
    return f"(?!/)[{'^' if none_of else ''}{found}]"


@lru_cache(maxsize=4096)
def _units(part: str) -> tuple[str, ...]:
    """Signs, `*`, `?`, and sets of signs such as `[a-z]`, which begin with a bracket that is closed."""
    return tuple(re.findall(r"\[[!^]?(?:\][^\]]*|[^\]]+)\]|.", part, re.DOTALL))


@lru_cache(maxsize=65536)
def _meet(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    if not a or not b:
        return a == b
    if a[0] == _ANY:
        # A `**` at the end stands for at least one name, elsewhere for none as well.
        return (len(a) > 1 and _meet(a[1:], b)) or _beyond(a, b)
    if b[0] == _ANY:
        return _meet(b, a)
    return _same_name(_units(a[0]), _units(b[0])) and _meet(a[1:], b[1:])


def _beyond(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """The `**` of `a` takes one name, which `b` has to give."""
    if b[0] == _ANY:
        rest = [b[1:]] if len(b) > 1 else []
        return len(a) == len(b) == 1 or any(_meet(a, r) for r in rest) or (len(a) > 1 and _meet(a[1:], b))
    return _meet(a, b[1:]) or (len(a) == 1 and len(b) == 1)


@lru_cache(maxsize=65536)
def _same_name(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Is there a name that both rows of units give?"""
    if not a or not b:
        return all(unit == "*" for unit in a or b)
    if a[0] == "*":
        return _same_name(a[1:], b) or _same_name(a, b[1:])
    if b[0] == "*":
        return _same_name(b, a)
    return _share_a_sign(a[0], b[0]) and _same_name(a[1:], b[1:])


@lru_cache(maxsize=4096)
def _share_a_sign(a: str, b: str) -> bool:
    one, other = re.compile(_one(a), re.DOTALL), re.compile(_one(b), re.DOTALL)
    if len(a) == 1 and a != "?":
        return other.fullmatch(a) is not None
    if len(b) == 1 and b != "?":
        return one.fullmatch(b) is not None
    # Two sets: those of all signs that both mention, and one that neither does.
    signs = {chr(n) for n in range(1, 0x250)} | set(a) | set(b)
    return any(one.fullmatch(sign) and other.fullmatch(sign) for sign in signs)
