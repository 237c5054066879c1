"""What a place in the repository says a count is: document 004, 'Pinning updates in the same commit'."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compliance.systems.command_catalog.policy import Pin


class Unlocated(Exception):
    """The locator finds nothing at that place, or cannot read it."""


def counted(pin: Pin, text: str) -> list[int]:
    """Every number that the locator finds, at least one."""
    found = _LOCATORS[pin.how](pin.locator, text)
    if not found:
        raise Unlocated(f"{pin.path}: {pin.how} '{pin.locator}' finds nothing")
    return found


def _pattern(pattern: str, text: str) -> list[int]:
    return [int(match) for match in re.findall(pattern, text, re.MULTILINE)]


def _module(text: str) -> ast.Module:
    try:
        return ast.parse(text)
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
    return [_length(name, value) for value in _assigned(name, text)]


def _length(name: str, value: ast.expr) -> int:
    if isinstance(value, ast.Call) and len(value.args) == 1:
        return _length(name, value.args[0])
    if isinstance(value, (ast.Tuple, ast.List, ast.Set)):
        entries: list[ast.expr | None] = list(value.elts)
    elif isinstance(value, ast.Dict):
        entries = list(value.keys)
    else:
        raise Unlocated(f"{name} is not a literal collection")
    if any(entry is None or isinstance(entry, ast.Starred) for entry in entries):
        raise Unlocated(f"{name} unpacks another collection, which cannot be counted here")
    return len(entries)


def _insert_rows(table: str, text: str) -> list[int]:
    """Rows of the VALUES lists that a script inserts into a table, in all its statements together."""
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    rows, found = 0, False
    for statement in _statements(text):
        if table not in statement:
            continue
        try:
            trees = _parsed(statement)
        except SqlglotError as error:
            raise Unlocated(f"not SQL: {str(error).splitlines()[0]}") from None
        for tree in trees:
            if isinstance(tree, exp.Insert) and (target := tree.find(exp.Table)) and target.name == table:
                values = tree.expression
                found = True
                rows += len(values.expressions) if isinstance(values, exp.Values) else 0
    return [rows] if found else []


def _parsed(statement: str) -> list[object]:
    import sqlglot

    return [tree for tree in sqlglot.parse(statement, read="postgres") if tree]


def _statements(text: str) -> list[str]:
    """Only the INSERT statements of a psql script: psql's own commands are none of SQL's."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("\\"))
    return re.findall(r"(?ims)^\s*insert\s+into\b(?:'(?:[^']|'')*'|--[^\n]*|[^;'])*;", lines)


def _asserted_in(name: str, text: str) -> list[int]:
    """The integers that a test of this name compares with: in `assert a == n` and in `assertEqual(a, n)`."""
    functions = (n for n in ast.walk(_module(text)) if isinstance(n, ast.FunctionDef) and n.name == name)
    return [
        operand.value
        for function in functions
        for node in ast.walk(function)
        for operand in _operands(node)
        if isinstance(operand, ast.Constant) and type(operand.value) is int
    ]


def _operands(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "assertEqual":
        return node.args[:2]
    return [node.left, *node.comparators] if isinstance(node, ast.Compare) else []


_LOCATORS = {
    "pattern": _pattern,
    "length_of": _length_of,
    "insert_rows": _insert_rows,
    "asserted_in": _asserted_in,
}
