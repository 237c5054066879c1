"""Servers of an editor without their secrets: what of them may be compared, shown and written into the repository.

A value of `env` and `headers` is a secret unless its name is listed as plain. Of a secret it counts that it is there,
under its name, and whether it is the one that the document holds: it stands as `${NAME}` wherever it could be read. Who
writes back keeps the value that stands outside.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from compliance.core import redact
from compliance.sync import assignments

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

HOLDERS = ("env", "headers")
SECRET = "${SECRET}"  # noqa: S105 - stands where a secret has no name of its own
_STANDS_FOR = re.compile(
    r"\s*(?:Bearer\s+|Basic\s+)?(?:\$\{[^}]*\}|\$\w+|\{\{[^}]*\}\}|%\w+%|<[^>]*>|\*+|x{3,}|\.{3}|…"
    r"|your[-_ ].*|change[-_ ]?me)?\s*",
    re.IGNORECASE,
)


def placeholder(value: Any) -> bool:
    """Does it stand for a value that is elsewhere?"""
    return isinstance(value, str) and _STANDS_FOR.fullmatch(value) is not None


def declared(server: Mapping[str, Any], plain: Collection[str]) -> dict[str, Any]:
    """As the document has it; the ways to write that a value is elsewhere are one."""
    return {key: _held(value, plain) if key in HOLDERS else value for key, value in server.items()}


def _held(value: Any, plain: Collection[str]) -> Any:
    if not isinstance(value, dict):
        return value
    return {n: f"${{{n}}}" if n not in plain and placeholder(v) else v for n, v in value.items()}


def masked(server: Mapping[str, Any], beside: Mapping[str, Any], plain: Collection[str]) -> dict[str, Any]:
    """As it stands outside, without what the document that it is held `beside` does not hold itself."""
    return {
        key: _values(value, beside.get(key), plain) if key in HOLDERS else _texts(value, beside.get(key))
        for key, value in server.items()
    }


def _values(value: Any, beside: Any, plain: Collection[str]) -> Any:
    if not isinstance(value, dict):
        return SECRET
    other = beside if isinstance(beside, dict) else {}
    return {n: v if n in plain or (n in other and other[n] == v) else f"${{{n}}}" for n, v in value.items()}


def _texts(value: Any, beside: Any) -> Any:
    """Texts at any depth: an argument may hold a key, an address a password."""
    if isinstance(value, str):
        return value if value == beside else _text(value, beside)
    if isinstance(value, list):
        return _listed(value, beside if isinstance(beside, list) else [])
    if isinstance(value, dict):
        others = beside if isinstance(beside, dict) else {}
        return {key: _texts(v, others.get(key)) for key, v in value.items()}
    return value


def _listed(value: list[Any], beside: list[Any]) -> list[Any]:
    """Arguments, of which one may be the value of the one before."""
    found = []
    for n, each in enumerate(value):
        other, before = beside[n] if n < len(beside) else None, value[n - 1] if n else None
        if each != other and isinstance(each, str) and _behind(before, each):
            found.append(other if placeholder(other) else SECRET)
        else:
            found.append(_texts(each, other))
    return found


def _behind(flag: Any, value: str) -> bool:
    """`--api-key VALUE`"""
    name = flag.lstrip("-") if isinstance(flag, str) and flag.startswith("-") else ""
    told = bool(name) and assignments.Reader("", ()).tells(name)
    return told and not value.startswith("-") and not placeholder(value)


def _text(value: str, beside: Any) -> str:
    found = [secret for _, secret in redact.secrets(value) if assignments.literal(secret)]
    found += [each.value for each in assignments.Reader("", ()).found(value)]  # `--api-key=…`
    if not found:
        return value
    shape = value
    for secret in sorted(set(found), key=len, reverse=True):
        shape = shape.replace(secret, SECRET)
    if isinstance(beside, str) and re.sub(r"\$\{\w+\}", SECRET, beside) == shape:
        return beside
    return shape


def kept(wanted: Any, there: Any, plain: Collection[str], key: str = "") -> Any:
    """What is to stand where `there` stands: as it is, wherever it is what was wanted but for its secret."""
    if isinstance(wanted, dict) and isinstance(there, dict):
        if key in HOLDERS:
            return {n: _value(n, v, there, plain) for n, v in wanted.items()}
        return {n: kept(v, there[n], plain, n) if n in there else v for n, v in wanted.items()}
    if isinstance(wanted, list) and isinstance(there, list):
        known = _listed(there, wanted)
        return [_of_list(v, n, known, there) for n, v in enumerate(wanted)]
    return there if _texts(there, wanted) == wanted else wanted


def spelled(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, Any]:
    """For the document: where a value is elsewhere, as its author wrote that."""
    found = dict(wanted)
    for key in HOLDERS:
        new, old = found.get(key), there.get(key)
        if isinstance(new, dict) and isinstance(old, dict):
            found[key] = {
                n: old[n] if v == f"${{{n}}}" and placeholder(old.get(n)) else v for n, v in new.items()
            }
    return found


def _of_list(wanted: Any, number: int, known: list[Any], there: list[Any]) -> Any:
    """At its place; else, where others came before it, wherever its secret stands once."""
    if number < len(there) and known[number] == wanted:
        return there[number]
    places = [n for n, each in enumerate(known) if each == wanted]
    return there[places[0]] if len(places) == 1 else wanted


def _value(name: str, wanted: Any, there: Mapping[str, Any], plain: Collection[str]) -> Any:
    """Of a name of `env`."""
    if name in there and name not in plain and wanted == f"${{{name}}}":
        return there[name]
    return wanted


def lost(value: Any) -> bool:
    """Would a secret that nobody kept be written as its placeholder?"""
    return SECRET in json.dumps(value)


def same(one: Any, other: Any) -> bool:
    """Are they one value, whatever the order of keys?"""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
