"""Does the filter stand before what sends? Document 000, 'event_system.py Analysis'.

A constant that nothing asks for filters nothing. What is not known to be right is told as wrong.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.pyconstants import Module

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def filters(module: Module, name: str, prefixes: str) -> str:
    """Why documents may pass unfiltered; empty where the filter stands before everything that listens."""
    function = _filter(module, name)
    if isinstance(function, str):
        return function
    if any(module.bound(builtin) for builtin in ("any", "tuple")) or not _asks(function, prefixes):
        return f"{name} does not return whether the id starts with one of {prefixes}, and nothing else"
    found = list(_listeners(module, function))
    for listener in found:
        if isinstance(listener, ast.Lambda) or not _guards(listener, name):
            return f"what listens in line {listener.lineno} does not ask {name} before all else"
    return "" if found else f"no listener asks {name} before it sends"


def _filter(module: Module, name: str) -> ast.FunctionDef | str:
    found = module.bound(name)
    if len(found) != 1:
        return f"{name} is bound {len(found)} times"
    function = found[0]
    # A coroutine is true, whatever it would return; a decorator may return something else.
    if not isinstance(function, ast.FunctionDef) or function not in module.tree.body or function.decorator_list:
        return f"{name} is no plain function of the module"
    return function


def _asks(function: ast.FunctionDef, prefixes: str) -> bool:
    """Is it one return, in a form of which no other meaning can be taken?"""
    given, body = function.args, _statements(function)
    names = [argument.arg for argument in (*given.posonlyargs, *given.args)]
    plain = not (given.vararg or given.kwonlyargs or given.kwarg or given.defaults)
    if len(names) != 1 or not plain or len(body) != 1 or not isinstance(body[0], ast.Return):
        return False
    value = body[0].value
    match value:
        case ast.Call(args=[ast.GeneratorExp(generators=[ast.comprehension(target=ast.Name(id=each))])]):
            form = f"any({names[0]}.startswith({each}) for {each} in {prefixes})" if each != names[0] else ""
        case _:
            form = f"{names[0]}.startswith({prefixes})"
    wrapped = f"{names[0]}.startswith(tuple({prefixes}))"
    return value is not None and ast.dump(value) in {_dumped(form), _dumped(wrapped)}


def _dumped(form: str) -> str:
    return ast.dump(ast.parse(form, mode="eval").body) if form else ""


def _statements(function: Function) -> list[ast.stmt]:
    """Its body without what only describes it."""
    return [
        node
        for node in function.body
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]


def _listeners(module: Module, asked: ast.FunctionDef) -> Iterator[Function | ast.Lambda]:
    """Whatever is handed over instead of being called, as `subscribe(on_event)` does it, or decorated."""
    called = {id(node.func) for node in module.nodes if isinstance(node, ast.Call)}
    handed = {
        node.id if isinstance(node, ast.Name) else node.attr
        for node in module.nodes
        if isinstance(node, (ast.Name, ast.Attribute))
        and isinstance(node.ctx, ast.Load)
        and id(node) not in called
    }
    for node in module.nodes:
        if isinstance(node, ast.Lambda) or (
            isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            and node is not asked
            and (node.name in handed or node.decorator_list)
        ):
            yield node


def _guards(function: Function, name: str) -> bool:
    """Everything that this function does beside asking stands behind the answer, about what it was given."""
    match _statements(function):
        case [ast.If(test=ast.Call() as call, orelse=[])]:
            return _is_question(call, name, function)
        case [ast.If(test=ast.UnaryOp(op=ast.Not(), operand=ast.Call() as call), body=[ast.Return()]), *_]:
            return _is_question(call, name, function)
    return False


def _is_question(call: ast.Call, name: str, function: Function) -> bool:
    given = {argument.arg for argument in (*function.args.posonlyargs, *function.args.args)} - {"self", "cls"}
    match call:
        case ast.Call(func=ast.Name(id=called), args=[argument], keywords=[]) if called == name:
            return any(isinstance(node, ast.Name) and node.id in given for node in ast.walk(argument))
    return False
