"""What a place in the repository says a count is: document 004, 'Pinning updates in the same commit'."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from compliance.core import plpgsql
from compliance.core.columns import folded

if TYPE_CHECKING:
    from sqlglot import exp

    from compliance.systems.command_catalog.policy import Pin

_LINE_END = re.compile(r"\r\n?")


class Unlocated(Exception):
    """The locator finds nothing at that place, or cannot read it."""


def counted(pin: Pin, text: str) -> list[int]:
    """Every number that the locator finds, at least one; a line ends as it ends on every system."""
    found = _located(pin.how, pin.locator, _LINE_END.sub("\n", text))
    if not found:
        raise Unlocated(f"{pin.path}: {pin.how} '{pin.locator}' finds nothing")
    return list(found)


@lru_cache(maxsize=256)
def _located(how: str, locator: str, text: str) -> tuple[int, ...]:
    """Several rules ask for the same place."""
    return tuple(_LOCATORS[how](locator, text))


def _pattern(pattern: str, text: str) -> list[int]:
    try:
        return [int(match) for match in re.findall(pattern, text, re.MULTILINE)]
    except ValueError:
        raise Unlocated(f"the group of '{pattern}' finds what is no number") from None


def _module(text: str) -> ast.Module:
    try:
        return ast.parse(text.removeprefix("\ufeff"))
    except SyntaxError as error:
        raise Unlocated(f"not Python: {error.msg} in line {error.lineno}") from None


def _assigned(name: str, text: str) -> list[ast.expr]:
    found = []
    for node in ast.walk(_module(text)):
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
        if any(isinstance(target, ast.Name) and target.id == name for target in targets) and node.value:  # type: ignore[attr-defined]
            found.append(node.value)  # type: ignore[attr-defined]
    return found


def _length_of(name: str, text: str) -> list[int]:
    """The number of entries of a literal tuple, list, set or dict that a module assigns to a name."""
    for node in ast.walk(_module(text)):
        if _changes(node, name):
            line = getattr(node, "lineno", 0)
            raise Unlocated(
                f"{name} is changed after it was assigned (line {line}), so reading cannot count it"
            )
    return [_length(name, value) for value in _assigned(name, text)]


def _changes(node: ast.AST, name: str) -> bool:
    """`name += …`, `name[…] = …`, `del name[…]`, `name.append(…)` and their like."""
    match node:
        case ast.AugAssign(target=ast.Name(id=found)) | ast.Delete(targets=[ast.Name(id=found)]):
            return found == name
        case ast.Subscript(value=ast.Name(id=found), ctx=ast.Store() | ast.Del()):
            return found == name
        case ast.Call(func=ast.Attribute(value=ast.Name(id=found), attr=method)):
            return found == name and method in _CHANGING
    return False


_CHANGING = frozenset(
    [
        "add",
        "append",
        "clear",
        "discard",
        "extend",
        "insert",
        "pop",
        "popitem",
        "remove",
        "setdefault",
        "update",
    ]
)
_COLLECTIONS = frozenset({"tuple", "list", "set", "frozenset", "dict", "sorted", "MappingProxyType"})


def _length(name: str, value: ast.expr) -> int:
    if isinstance(value, ast.Call) and len(value.args) == 1 and _called(value) in _COLLECTIONS:
        inner = value.args[0]
        # What a set is made of counts once, however often it stands there.
        alike = _called(value) in ("set", "frozenset") and isinstance(inner, (ast.List, ast.Tuple))
        return _length(name, ast.Set(inner.elts) if alike else inner)  # type: ignore[attr-defined]
    if not isinstance(value, (ast.Tuple, ast.List, ast.Set, ast.Dict)):
        raise Unlocated(f"{name} is not a literal collection")
    entries: list[ast.expr | None] = list(value.keys if isinstance(value, ast.Dict) else value.elts)
    if any(entry is None or isinstance(entry, ast.Starred) for entry in entries):
        raise Unlocated(f"{name} unpacks another collection, which cannot be counted here")
    alike = isinstance(value, (ast.Set, ast.Dict))
    return len({ast.dump(entry) for entry in entries if entry}) if alike else len(entries)


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _insert_rows(table: str, text: str) -> list[int]:
    """Rows of the VALUES lists that a script inserts into a table, in all its statements together.

    Whatever else changes how many there are cannot be counted by reading, so it is told instead of passed over.
    """
    counts = [count for statement in _statements(table, text) if (count := _rows(table, statement)) is not None]
    return [sum(counts)] if counts else []


def _statements(table: str, text: str) -> list[str]:
    """Those of SQL: psql's own commands are left out, but for the one that writes."""
    lines = text.splitlines()
    if any(re.match(r"\s*\\copy\b", line) and table in line for line in lines):
        raise Unlocated(f"\\copy over {table}, which reading cannot count")
    try:
        return plpgsql.statements("\n".join(line for line in lines if not line.lstrip().startswith("\\")))
    except plpgsql.UnreadableSQLError as error:
        raise Unlocated(error.message) from None


_WRITING = frozenset({"insert", "with", "delete", "merge", "copy", "truncate"})
_WRITING_IN_A_BLOCK = _WRITING - {"with"} | {"execute"}


def _rows(table: str, statement: str) -> int | None:
    """How many rows a statement brings to the table; None: it does not change how many there are."""
    from sqlglot import exp

    found = plpgsql.tokens(statement)
    if found[0].word == "do":
        _changes_nothing(table, found[-1].text.strip("$"))
    if found[0].word not in _WRITING or table.lower() not in statement.lower():
        return None
    tree = _parsed(statement)
    writes = [*tree.find_all(exp.Insert, exp.Delete, exp.Merge, exp.Copy, exp.TruncateTable)]
    ours = [node for node in writes if (target := node.find(exp.Table)) and folded(target.this) == table]
    if not ours:
        return None
    insert = ours[0]
    if len(ours) > 1 or not isinstance(insert, exp.Insert) or not isinstance(insert.expression, exp.Values):
        raise Unlocated(f"{table} is written by more than VALUES, which reading cannot count")
    return len(insert.expression.expressions)


def _changes_nothing(table: str, body: str) -> None:
    """A block that checks may name the table; one that writes cannot be counted."""
    words = {token.word for token in plpgsql.tokens(body)}
    if table.lower() in body.lower() and words & _WRITING_IN_A_BLOCK:
        raise Unlocated(f"a DO block may write {table}, which reading cannot count")


def _parsed(statement: str) -> exp.Expr:
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        return sqlglot.parse_one(statement, read="postgres")
    except SqlglotError as error:
        raise Unlocated(f"not SQL: {str(error).splitlines()[0]}") from None


def _asserted_in(name: str, text: str) -> list[int]:
    """The integers that a test of this name compares with: in `assert a == n` and in `assertEqual(a, n)`."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = (n for n in ast.walk(_module(text)) if isinstance(n, kinds) and n.name == name)
    return [
        operand.value
        for function in functions
        for node in ast.walk(function)
        for operand in _operands(node)
        if isinstance(operand, ast.Constant) and type(operand.value) is int
    ]


def _operands(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "assertEqual":
        return [*node.args[:2], *(each.value for each in node.keywords)]
    return [node.left, *node.comparators] if isinstance(node, ast.Compare) else []


_LOCATORS = {
    "pattern": _pattern,
    "length_of": _length_of,
    "insert_rows": _insert_rows,
    "asserted_in": _asserted_in,
}
