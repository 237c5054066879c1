"""Which repositories a target names: its `config`, by schema and by what no schema can say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.sync.connectors import exporting
from compliance.sync.connectors.protocol import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = {"pattern": r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$(?!\n)"}
_BRANCH = {"type": "string", "pattern": r"^[^\s~^:?*\[\\-][^\s~^:?*\[\\]*$"}
_TOKEN = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}
_OF_ONE = {
    "name": {
        **_NAME, "type": "string", "minLength": 1, "description": "its folder in `into`, and its name behind `base`"
    },
    "url": {"type": "string", "minLength": 1, "description": "where it is, if not at `base`/`name`"},
    "branch": {**_BRANCH, "description": "instead of the common `branch`"},
    "token_env": {
        **_TOKEN, "description": "the variable with its token; the common one goes to addresses below `base` alone"
    },
}  # fmt: skip
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["repositories", "into"],
    "properties": {
        "repositories": {
            "type": "array", "minItems": 1, "description": "names, or entries with `name`, `url`, `branch`",
            "items": {
                "type": ["string", "object"], **_NAME, "additionalProperties": False, "required": ["name"],
                "properties": _OF_ONE,
            },
        },
        "base": {"type": "string", "minLength": 1, "description": "the address or folder that holds them"},
        "branch": {**_BRANCH, "description": "of all of them; default: the one that each has out"},
        "into": {"type": "string", "minLength": 1, "description": "the folder that holds nothing but them"},
        "module_file": {
            "type": "string", "pattern": "^[^/]+$", "description": "the file that makes a folder a module"
        },
        "jobs": {
            "type": "integer", "minimum": 1, "maximum": 64, "description": "fetched side by side; default 8"
        },
        "depth": {"type": "integer", "minimum": 1, "description": "commits that a fetch brings; default 1"},
        "timeout": {
            "type": "number", "exclusiveMinimum": 0, "description": "seconds for one of them; default 300"
        },
        "tolerate": {
            "type": "integer", "minimum": 0,
            "description": "how many may fail before the target has failed; default 0",
        },
        "token_env": {**_TOKEN, "description": "the variable with a token for https addresses below `base`"},
    },
}  # fmt: skip


class Wanted(NamedTuple):
    """One of the list, with what it has from the common keys."""

    name: str
    url: str
    branch: str | None
    token_env: str | None


def wanted(config: Mapping[str, Any]) -> list[Wanted]:
    """In the order of the list; raises `Failed` where two would share a folder."""
    found = [_one(config, each) for each in config["repositories"]]
    names: dict[str, str] = {}
    for each in found:
        if other := names.get(each.name.casefold()):
            raise Failed(f"two repositories are called '{other}' and '{each.name}': they would be one folder")
        names[each.name.casefold()] = each.name
    for each in found:
        for above in exporting.posix_parents(each.name.casefold()):
            if above in names:
                raise Failed(f"'{each.name}' would be in the folder of '{names[above]}'")
    return found


def _one(config: Mapping[str, Any], given: str | Mapping[str, str]) -> Wanted:
    entry = {"name": given} if isinstance(given, str) else given
    name, base, branch = entry["name"], config.get("base"), entry.get("branch", config.get("branch"))
    if "url" in entry:
        return Wanted(name, entry["url"], branch, entry.get("token_env"))
    if base is None:
        raise Failed(f"{name}: has no `url`, and there is no `base`")
    return Wanted(name, f"{base.rstrip('/')}/{name}", branch, entry.get("token_env", config.get("token_env")))
