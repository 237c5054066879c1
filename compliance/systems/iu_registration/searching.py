"""Where Directus looks for tables: its search path, as the file that starts it writes it down."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from compliance.core import compose
from compliance.core.errors import CouldNotLook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.systems.protocol import Facts

# What Directus takes where nothing is said.
DEFAULT = ("public",)
_FLAG = re.compile(r"(string|number|boolean|regex|array|json):(.*)", re.S)
# `'name'::regnamespace` is how Directus asks for the tables of a schema: PostgreSQL folds what stands there.
_IMAGE = re.compile(r"(?:.*/)?directus:v?(\d+(?:\.\d+)*)(?:-.*)?")
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")


def parsed(text: str) -> tuple[str, ...]:
    """The names in a value of the variable, in their order.

    As Directus reads it: a kind may stand before it (`array:`, `json:`, `string:`), a comma makes a list, and a space
    is part of a name. One name with a comma in it, which `string:` makes, is one name.
    """
    flag = _FLAG.fullmatch(text)
    kind, value = (flag[1], flag[2]) if flag else ("array" if "," in text else "json", text)
    if kind == "array":
        return tuple(name for part in value.split(",") for name in parsed(part) if name)
    if kind == "json":
        return _of_json(value)
    return (value,) if value else ()


def _of_json(value: str) -> tuple[str, ...]:
    """A list of names, or what is no JSON at all, which is a name."""
    try:
        found: Any = json.loads(value)
    except (ValueError, RecursionError):
        return (value,) if value else ()
    if isinstance(found, list):
        return tuple(str(name) for name in found)
    return (found,) if isinstance(found, str) else (value,)


def declared(facts: Facts) -> tuple[str, ...]:
    """The search path. Raises `Missing` without file or service, `CouldNotLook` where it is said elsewhere."""
    place = facts.policy.environment
    given = variables(facts)
    for other in (f"{place.variable}_FILE", "CONFIG_PATH"):
        if other in given:
            raise CouldNotLook(
                f"{place.file}: {other} of {place.service} names a file, which decides over {place.variable}",
                remedy=f"write the search path into {place.variable}, and leave {other} out; it is no secret",
            )
    text = given.get(place.variable, "")
    if text is None:
        raise CouldNotLook(
            f"{place.file}: {place.variable} of {place.service} is left to whoever starts it",
            remedy="write the search path into the file; it is no secret",
        )
    return parsed(text) or DEFAULT


def variables(facts: Facts) -> Mapping[str, str | None]:
    """The environment of Directus by name."""
    place = facts.policy.environment
    (file,) = facts.read(f"file:{place.file}")
    return compose.variables(file.text, place.file, place.service)


def tag(facts: Facts) -> str | None:
    """The version that the image of the file has; None where its tag is no number, or it is another image."""
    place = facts.policy.environment
    (file,) = facts.read(f"file:{place.file}")
    try:
        said = compose.image(file.text, place.file, place.service)
    except compose.Missing:
        return None
    found = _IMAGE.fullmatch((said or "").partition("@")[0])
    return found[1] if found else None


def folded(name: str) -> bool:
    """Is it a name that Directus asks for and PostgreSQL reads as another one?"""
    return not _PLAIN.fullmatch(name)


def connects_as(facts: Facts) -> str | None:
    """The role that Directus logs in as, by the file; None where it says none."""
    given = variables(facts)
    if address := given.get("DB_CONNECTION_STRING"):
        found = compose.database(address)
        return found.user if found else None
    return given.get("DB_USER")
