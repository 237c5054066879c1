"""Would a condition let a row in? Asked of a row of which some values are known: yes, no, or not known."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Value(Enum):
    """`SOME`: anything but null; `ANY`: nothing is known of it."""

    SOME = "some value"
    ANY = "any value"


Row: TypeAlias = "Mapping[str, Any]"


def holds(condition: str, row: Row) -> bool | Value | None:
    """A condition of SQL over a row: true, false, null, or `ANY` where that is not known."""
    tree = _parsed(condition)
    found = Value.ANY if tree is None else _value(tree, row)
    return found if found is None or isinstance(found, bool) else Value.ANY


@lru_cache(maxsize=256)
def _parsed(condition: str) -> exp.Expr | None:
    try:
        tree = parse_one(f"select {condition}", dialect="postgres")
    except SqlglotError:
        return None
    return tree.expressions[0] if isinstance(tree, exp.Select) and len(tree.expressions) == 1 else None


def checked(definition: str, row: Row) -> bool | None:
    """Does a CHECK let the row in? None: not known."""
    text = definition.strip().removeprefix("CHECK").removesuffix("NOT VALID").strip().removesuffix("NO INHERIT")
    found = holds(text.strip(), row)
    return None if found is Value.ANY else found is not False


def allowed(definition: str, column: str) -> tuple[str, ...] | None:
    """The words that a CHECK of this one column lets in; None where it is no list of words."""
    tree = _parsed(definition.strip().removeprefix("CHECK").removesuffix("NOT VALID").strip())
    while isinstance(tree, exp.Paren):
        tree = tree.this
    items: list[exp.Expr] = []
    if isinstance(tree, exp.EQ) and isinstance(tree.expression, exp.Any):
        items = _items(tree.expression.this)
    elif isinstance(tree, exp.In):
        items = tree.expressions
    named = tree.find(exp.Column) if tree is not None and items else None
    if named is None or named.name != column:
        return None
    words = [_value(item, {}) for item in items]
    return tuple(words) if all(isinstance(word, str) for word in words) else None


# What makes a key that is taken once take null once, too; the parser does not know it.
_NULLS_ONCE = re.compile(r"\bNULLS NOT DISTINCT\b")
_KEPT = (exp.Paren, exp.Cast, exp.Collate, exp.Lower, exp.Upper, exp.Trim)


def meets_again(definition: str, row: Row) -> bool | None:
    """Does a unique index meet the key of such a row twice, when there are two? None: not known.

    Of values `SOME` is another one each time.
    """
    index = _index(_NULLS_ONCE.sub("", definition))
    if index is None:
        return None
    where = index.args.get("where")
    held = True if where is None else _value(where.this, row)
    if held is None or held is False:
        return False
    again = same(
        [_of_key(part, row) for part in index.args["columns"]],
        nulls=bool(_NULLS_ONCE.search(definition)),
    )
    return again if held is True or again is False else None


def same(values: Sequence[Any], *, nulls: bool) -> bool | None:
    """Are these the same each time? `nulls`: null is the same as null."""
    if Value.SOME in values or (None in values and not nulls):
        return False
    return None if Value.ANY in values else True


def _index(definition: str) -> exp.Expr | None:
    try:
        tree = parse_one(definition, dialect="postgres")
    except SqlglotError:
        return None
    index = tree.this if isinstance(tree, exp.Create) else None
    found = index.args.get("params") if isinstance(index, exp.Index) else None
    return found if isinstance(found, exp.IndexParameters) and found.args.get("columns") else None


def _of_key(part: exp.Expr, row: Row) -> Any:
    """An expression of values that are the same is the same."""
    node = part.this if isinstance(part, exp.Ordered) else part
    while isinstance(node, _KEPT):
        node = node.this
    found = _value(node, row)
    if found is not Value.ANY or isinstance(node, exp.Column):
        return found
    held = [row.get(column.name, Value.ANY) for column in node.find_all(exp.Column)]
    return Value.ANY if {*Value} & set(held) else str(node)


def _value(node: exp.Expr, row: Row) -> Any:
    """`ANY` where it is not known."""
    match node:
        case exp.Paren() | exp.Cast():
            return _value(node.this, row)
        case exp.Column():
            return row.get(node.name, Value.ANY) if node.table.lower() in ("", "new") else Value.ANY
        case exp.Null() | exp.Boolean() | exp.Literal():
            return _constant(node)
        case exp.Coalesce():
            return _first([_value(item, row) for item in (node.this, *node.expressions)])
        case exp.Lower() | exp.Upper() | exp.Trim():
            return _changed(node, _value(node.this, row))
    return _condition(node, row)


def _condition(node: exp.Expr, row: Row) -> Any:
    """What is true, false or null; `is not` and `not in` may be one node with a mark, or two."""
    found = _plain(node, row)
    return _turned(found) if node.args.get("negate") else found


def _plain(node: exp.Expr, row: Row) -> Any:
    match node:
        case exp.And() | exp.Or():
            return _joined(_value(node.left, row), _value(node.right, row), either=isinstance(node, exp.Or))
        case exp.Not() | exp.NEQ():
            plain = (
                exp.EQ(this=node.this, expression=node.expression) if isinstance(node, exp.NEQ) else node.this
            )
            return _turned(_value(plain, row))
        case exp.Is():
            return _is(_value(node.this, row), _value(node.expression, row))
        case exp.EQ(expression=exp.Any(this=within)):
            return _in(_value(node.this, row), _items(within), row)
        case exp.EQ():
            return _equal(_value(node.this, row), _value(node.expression, row))
        case exp.In() if not node.args.get("query"):
            return _in(_value(node.this, row), node.expressions, row)
    return Value.ANY


def _constant(node: exp.Expr) -> Any:
    if isinstance(node, exp.Null):
        return None
    return bool(node.this) if isinstance(node, exp.Boolean) else node.name


def _turned(found: Any) -> Any:
    return not found if isinstance(found, bool) else None if found is None else Value.ANY


def _changed(node: exp.Expr, found: Any) -> Any:
    if not isinstance(found, str):
        return None if found is None else Value.ANY
    if isinstance(node, exp.Trim):
        return found.strip()
    return found.lower() if isinstance(node, exp.Lower) else found.upper()


def _joined(left: Any, right: Any, *, either: bool) -> Any:
    """AND, and OR, of what may be null or not known."""
    if either in (left, right):
        return either
    if Value.ANY in (left, right) or Value.SOME in (left, right):
        return Value.ANY
    return None if None in (left, right) else not either


def _is(value: Any, other: Any) -> Any:
    if value is Value.ANY:
        return Value.ANY
    if other is None:
        return value is None
    return Value.ANY if value is Value.SOME else value is other


def _equal(left: Any, right: Any) -> Any:
    if left is None or right is None:
        return None
    if isinstance(left, Value) or isinstance(right, Value):
        return Value.ANY
    return str(left) == str(right)


def _items(node: exp.Expr) -> list[exp.Expr]:
    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    return list(node.expressions) if isinstance(node, exp.Array) else [node]


def _in(value: Any, items: list[exp.Expr], row: Row) -> Any:
    found = [_equal(value, _value(item, row)) for item in items]
    if True in found:
        return True
    return Value.ANY if Value.ANY in found or not found else None if None in found else False


def _first(values: list[Any]) -> Any:
    for value in values:
        if value is not None:
            return value
    return None
