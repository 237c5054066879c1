"""What is certain of a run that one event started: which operations it can reach, and whether it is refused.

Three values: a condition holds, does not hold, or may do either. Only the first two prove anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.flows import Flow, Flows, Operation

UNKNOWN = object()
_SCALARS = (str, int, float, bool, type(None))


def branches(flows: Flows, flow: Flow) -> bool:
    """Does the flow hold an operation whose outcome can be known before it runs?"""
    return any(step.operation.type in ("condition", "throw-error") for step in flows.chain(flow))


def reachable(flows: Flows, flow: Flow, known: Mapping[str, Any]) -> Iterator[Operation]:
    """The operations that a run can reach, given what is known of its `$trigger`."""
    seen: set[str] = set()
    todo = [flow.root]
    while todo:
        operation = flows.within(flow.id, todo.pop())
        if operation is None or operation.id in seen:
            continue
        seen.add(operation.id)
        yield operation
        todo += _successors(operation, known)


def _successors(operation: Operation, known: Mapping[str, Any]) -> list[str | None]:
    if operation.type == "throw-error":
        return [operation.reject]
    if operation.type == "condition":
        holds = evaluate(operation.option("filter"), known)
        if holds is not None:
            return [operation.resolve if holds else operation.reject]
    return [operation.resolve, operation.reject]


def refuses(flows: Flows, flow: Flow, known: Mapping[str, Any]) -> bool:
    """Is it certain that the run ends with a rejection? A filter flow then refuses the write."""
    at, seen = flow.root, set[str]()
    while (operation := flows.within(flow.id, at)) is not None and operation.id not in seen:
        seen.add(operation.id)
        following = _successors(operation, known)
        if len(following) != 1:
            return False
        (at,) = following
        if flows.within(flow.id, at) is None:
            return operation.type == "throw-error" or evaluate(operation.option("filter"), known) is False
    return False


def evaluate(condition: Any, known: Mapping[str, Any]) -> bool | None:
    """A filter of a condition over what is known; None where it may hold or not.

    Directus requires each field that a condition names, so a field that is not there makes it fail; but which fields
    are there besides the known ones nobody can tell, so that proves nothing here.
    """
    if condition is None:
        return True
    if not known:
        return None
    try:
        return None if _empty(condition) else _holds(condition, known)
    except RecursionError:
        return None


def _empty(condition: Any) -> bool:
    """A field of which nothing is asked, wherever it stands, is an error to Directus before it compares anything."""
    if isinstance(condition, (list, tuple)):
        return any(map(_empty, condition))
    if not isinstance(condition, dict):
        return False
    return any(
        _empty(inner) or (inner is None and not str(name).startswith("_")) for name, inner in condition.items()
    )


def _holds(condition: Any, value: Any, *, strict: bool = False) -> bool | None:
    if not isinstance(condition, dict):
        return None
    return _all([_entry(*entry, value, strict=strict) for entry in condition.items()], strict=strict)


def _entry(name: Any, inner: Any, value: Any, *, strict: bool) -> bool | None:
    if name in ("_and", "_or"):
        strict = strict or name == "_or"
        found = (
            [_holds(part, value, strict=strict) for part in inner] if isinstance(inner, (list, tuple)) else []
        )
        return _all(found, strict=strict) if name == "_and" else _any(found)
    if isinstance(name, str) and name.startswith("_"):
        return _compare(name, inner, value)
    if not isinstance(name, str) or "(" in name or inner is None:
        return None
    below = value.get(name, UNKNOWN) if isinstance(value, dict) else UNKNOWN
    if below is UNKNOWN:
        return None
    return _holds(inner if isinstance(inner, dict) else {"_eq": inner}, below, strict=strict)


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


def _compare(operator: str, given: Any, value: Any) -> bool | None:
    if value is UNKNOWN or not isinstance(value, _SCALARS):
        return None
    if operator in ("_null", "_nnull"):
        return (value is None) == (operator == "_null")
    if operator in ("_empty", "_nempty"):
        return (value == "" and isinstance(value, str)) == (operator == "_empty")
    if operator in ("_in", "_nin"):
        items = (
            given if isinstance(given, (list, tuple)) else given.split(",") if isinstance(given, str) else None
        )
        if not items or not all(map(_literal, items)):
            return None
        return any(_same(item, value) for item in items) == (operator == "_in")
    if not _literal(given):
        return None
    if operator in ("_eq", "_neq"):
        return _equal(given, value, operator)
    if (
        operator in ("_starts_with", "_nstarts_with")
        and isinstance(given, str)
        and isinstance(value, str)
        and value
    ):
        return value.startswith(given) == (operator == "_starts_with")
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
