"""The script of document 003 starts the program, hands its words over, and ends as that ends."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from compliance.systems.directional_sync import invoking, pythonscript
from compliance.systems.directional_sync.invoking import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

_CALLED = frozenset({f"{PACKAGE}.cli.sync_directional", f"{PACKAGE}.cli.main"})
_REPLACED = ("os.exec", "os.spawn")


def wrong(module: ast.Module, text: str) -> Iterator[tuple[str, str]]:
    """By facet; of a script that loses a failure each loss."""
    names, done = _names(module), list(_done(module))
    starts = [node for node in done if isinstance(node, ast.Call) and _starts(node, names)]
    if not starts:
        yield "other", f"does not start the sync of {PACKAGE}: it is a runner of its own"
        return
    coded = {f.name for f in module.body if isinstance(f, ast.FunctionDef) and _returns(f, starts)}
    for node in done:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            direct = node.value in starts and _full(node.value.func, names) in _CALLED
            if direct or ast.unparse(node.value.func) in coded:
                yield "lost", f"line {node.lineno}: how the sync ended is lost: sys.exit(…) hands it on"
    for call in starts:
        if _full(call.func, names) in _CALLED and call.args and "argv" not in ast.unparse(call):
            yield "words", f"line {call.lineno}: does not hand over the words that it was called with"
    for loss in pythonscript.lost(text):
        yield loss.reason, f"line {loss.line}: {loss.reason}"


def _names(module: ast.Module) -> dict[str, str]:
    """What a name stands for, with its module."""
    found: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
        if isinstance(node, ast.Import):
            found |= {each.asname: each.name for each in node.names if each.asname}
    return found


def _full(function: ast.expr, names: dict[str, str]) -> str:
    first, dot, rest = ast.unparse(function).partition(".")
    return names.get(first, first) + dot + rest


def _starts(call: ast.Call, names: dict[str, str]) -> bool:
    full = _full(call.func, names)
    if full == f"{PACKAGE}.cli.main":
        return bool(call.args) and "'sync'" in ast.unparse(call.args[0])
    if full.startswith(_REPLACED):
        return any(_invokes(pythonscript.words(value)) for value in call.args)
    if full in pythonscript.STARTS and call.args:
        return _invokes(pythonscript.words(call.args[0]))
    return full in _CALLED


def _invokes(words: list[str]) -> bool:
    found = invoking.invocation(words, "\0")
    return found is not None and found.runs and found.action is None and not found.shown.endswith("connectors")


def _done(module: ast.Module) -> Iterator[ast.AST]:
    """What runs when it is started: not what stands behind `if False`, nor a function that nobody names."""
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    todo: list[ast.AST] = [node for node in module.body if not isinstance(node, ast.FunctionDef)]
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, ast.Name) and node.id in functions:
            todo.append(functions.pop(node.id))
        never = isinstance(node, ast.If) and isinstance(node.test, ast.Constant) and not node.test.value
        todo += node.orelse if never and isinstance(node, ast.If) else ast.iter_child_nodes(node)


def _returns(function: ast.FunctionDef, starts: list[ast.Call]) -> bool:
    returned = (node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value)
    return any(part in starts for value in returned for part in ast.walk(value))
