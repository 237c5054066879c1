"""Filters of `condition` operations, as far as they are decided before anything has run.

Directus judges them with `requireAll`: whatever is asked of something that is not there fails, even whether it is null.
Recorded in tests/vectors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core.symbols import Symbol, Value

if TYPE_CHECKING:
    from collections.abc import Callable

# What certainly is something.
_THERE = frozenset({"key", "keys", "row", "response"})
_YES = {"_nnull": True, "_nempty": True, "_null": False, "_empty": False}


def decided(found: Any, value: Callable[[tuple[str | int, ...]], Value]) -> bool | None:
    """Does it resolve, does it reject, or is that not known? `value`: what a path stands for."""
    if found is None:
        return True
    return _all(found, (), value, 16) if isinstance(found, dict) and found else None


def _all(found: Any, path: tuple[str | int, ...], value: Callable[..., Value], depth: int) -> bool | None:
    if not isinstance(found, dict) or depth == 0:
        return None
    if not found:
        return None
    return _and(_one(name, item, path, value, depth) for name, item in found.items())


def _one(
    name: str, item: Any, path: tuple[str | int, ...], value: Callable[..., Value], depth: int
) -> bool | None:
    if name in ("_and", "_or"):
        if not isinstance(item, tuple):
            return None
        answers = [_all(part, path, value, depth - 1) for part in item]
        return _and(answers) if name == "_and" else _or(answers)
    if name.startswith("_"):
        return _leaf(name, item, value(path)) if path else None
    return _all(item, (*path, name), value, depth - 1)


def _leaf(name: str, wanted: Any, value: Value) -> bool | None:
    if isinstance(value, Symbol) and value.kind == "undefined":
        return False
    if name in _YES:
        if wanted is not True:
            return None
        if value is None or (isinstance(value, Symbol) and value.kind == "null"):
            return not _YES[name]
        there = value.kind in _THERE if isinstance(value, Symbol) else isinstance(value, str) and value != ""
        return _YES[name] if there else None
    if isinstance(value, str) and isinstance(wanted, str) and not _rendered(wanted):
        return {"_eq": value == wanted, "_neq": value != wanted}.get(name)
    if isinstance(value, str) and name == "_in" and isinstance(wanted, tuple):
        return value in wanted if not any(_rendered(item) for item in wanted) else None
    return None


def _rendered(wanted: Any) -> bool:
    """Is it filled in before it is compared?"""
    return isinstance(wanted, str) and ("{{" in wanted or wanted.startswith("$"))


def _and(answers: Any) -> bool | None:
    known = list(answers)
    return False if False in known else None if None in known else True


def _or(answers: Any) -> bool | None:
    known = list(answers)
    return True if True in known else None if None in known or not known else False
