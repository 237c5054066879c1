"""Filters of `condition` operations, as far as they are decided before anything has run.

Three values: a filter holds, does not hold, or may do either. Directus judges with `requireAll`: whatever is asked of
something that is not there fails, even whether it is null. Recorded in tests/vectors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from compliance.core.symbols import Symbol, Value

if TYPE_CHECKING:
    from collections.abc import Callable

Path: TypeAlias = tuple[str | int, ...]
Lookup: TypeAlias = "Callable[[Path], Value]"

# What certainly is something.
_THERE = frozenset({"key", "keys", "row", "response"})
_NULL, _EMPTY, _EQUAL = ("_null", "_nnull"), ("_empty", "_nempty"), ("_eq", "_neq")
# What Directus can read whatever is asked, so that nothing but the comparison makes it fail.
_READABLE = frozenset({*_NULL, *_EMPTY, "_starts_with", "_nstarts_with"})
_SCALARS = (str, int, float, bool, type(None))


def decided(condition: Any, value: Lookup) -> bool | None:
    """Does it resolve, does it reject, or is that not known? `value`: what a path stands for."""
    if condition is None:
        return True
    try:
        return None if _unasked(condition) else _holds(condition, (), value, strict=False)
    except RecursionError:
        return None


def _unasked(condition: Any) -> bool:
    """A field of which nothing is asked, wherever it stands, is an error to Directus before it compares anything."""
    if isinstance(condition, tuple):
        return any(map(_unasked, condition))
    if not isinstance(condition, dict):
        return False
    return any(
        _unasked(inner) or (inner is None and not name.startswith("_")) for name, inner in condition.items()
    )


def _holds(condition: Any, path: Path, value: Lookup, *, strict: bool) -> bool | None:
    if not isinstance(condition, dict):
        return None
    return _all([_entry(*entry, path, value, strict=strict) for entry in condition.items()], strict=strict)


def _entry(name: str, inner: Any, path: Path, value: Lookup, *, strict: bool) -> bool | None:
    if name in ("_and", "_or"):
        strict = strict or name == "_or"
        parts = inner if isinstance(inner, tuple) else ()
        found = [_holds(part, path, value, strict=strict) for part in parts]
        return _all(found, strict=strict) if name == "_and" else _any(found)
    if name.startswith("_"):
        return _compared(name, inner, value(path), strict=strict) if path else None
    if "(" in name:
        return None
    asked = inner if isinstance(inner, dict) else {"_eq": inner}
    return _holds(asked, (*path, name), value, strict=strict)


def _all(found: list[bool | None], *, strict: bool) -> bool | None:
    """A part that Directus cannot read rejects the whole. Within an `_or` (`strict`) that is not the same as false."""
    if False in found and not (strict and None in found):
        return False
    return None if None in found or not found else True


def _any(found: list[bool | None]) -> bool | None:
    """In their order: Directus stops at the first that holds."""
    for one in found:
        if one is not False:
            return one
    return False if found else None


def _compared(operator: str, given: Any, value: Value, *, strict: bool) -> bool | None:
    if isinstance(value, Symbol):
        if value.kind == "undefined":
            readable = operator in _READABLE or (operator in _EQUAL and _literal(given))
            return False if readable or not strict else None
        if value.kind != "null":
            there = value.kind in _THERE and operator in (*_NULL, *_EMPTY)
            return operator in ("_nnull", "_nempty") if there else None
        value = None
    return _scalar(operator, given, value) if isinstance(value, _SCALARS) else None


def _scalar(operator: str, given: Any, value: Any) -> bool | None:
    if operator in _NULL:
        return (value is None) == (operator == "_null")
    if operator in _EMPTY:
        return (value == "" and isinstance(value, str)) == (operator == "_empty")
    if operator in ("_in", "_nin"):
        items = given if isinstance(given, tuple) else given.split(",") if isinstance(given, str) else None
        if not items or not all(map(_literal, items)):
            return None
        return any(_same(item, value) for item in items) == (operator == "_in")
    if not _literal(given):
        return None
    if operator in _EQUAL:
        return _equal(given, value, operator)
    texts = isinstance(given, str) and isinstance(value, str) and value != ""
    if operator in ("_starts_with", "_nstarts_with") and texts:
        return bool(value.startswith(given)) == (operator == "_starts_with")
    return None


def _literal(given: Any) -> bool:
    """Not rendered, and none of the names that Directus replaces in a filter."""
    return isinstance(given, _SCALARS) and not (
        isinstance(given, str) and ("{{" in given or given.startswith("$"))
    )


def _equal(given: Any, value: Any, operator: str) -> bool | None:
    """A number and its text are one to Directus, whichever way round; which texts it takes for a number is its own."""
    if type(given) is type(value) or not {type(given), type(value)} & {int, float}:
        return _same(given, value) == (operator == "_eq")
    return None


def _same(one: Any, other: Any) -> bool:
    """1 is 1.0 and is not true, as in JSON."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)
