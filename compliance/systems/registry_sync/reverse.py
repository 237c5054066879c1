"""The way back, as the service's source says it: document 000, 'event_system.py Analysis'. Read, never run."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from compliance.core.errors import CouldNotLook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.policy import Policy

# What changes a list or a set in its place.
_MUTATING = frozenset({"append", "extend", "insert", "add", "update", "remove", "clear", "pop", "discard"})


Seen = frozenset[tuple[str, str]]


class NotConstant(CouldNotLook):
    """The prefixes depend on something that only running the service would tell."""


def prefixes(facts: Facts) -> tuple[str, ...]:
    """The prefixes of documents that go back to Directus; raises where the source does not tell them."""
    policy: Policy = facts.policies["registry_sync"]
    reverse = policy.service.reverse
    return Module(facts, reverse.source).texts(reverse.name)


class Module:
    """A module of the governed repository. Names that it imports are looked up in modules that were looked at too."""

    def __init__(self, facts: Facts, path: str) -> None:
        self._facts, self._path = facts, path
        (file,) = facts.read(f"file:{path}")
        if file.text is None:
            raise CouldNotLook(f"{path}: there is no such file in the repository")
        try:
            self.tree = ast.parse(file.text)
        except (SyntaxError, ValueError, RecursionError) as error:
            raise CouldNotLook(f"{path}: not Python that can be read: {type(error).__name__}") from None

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts that a name of this module holds when the service runs.

        Of a text, its letters: `any(id.startswith(p) for p in "knowledge/")` goes through them one by one.
        """
        found = self.value(name, frozenset())
        return tuple(dict.fromkeys(found)) if isinstance(found, str) else found

    def value(self, name: str, seen: Seen) -> str | tuple[str, ...]:
        """The constant that a name is bound to, here or in the module that it is imported from."""
        if (self._path, name) in seen:
            raise NotConstant(f"{self._path}: {name} is made of itself")
        found = list(self._bindings(name))
        if len(found) != 1:
            raise NotConstant(f"{self._path}: {name} is bound {len(found)} times, so it is no constant")
        seen = seen | {(self._path, name)}
        if isinstance(found[0], ast.ImportFrom):
            return self._imported(found[0], name, seen)
        return self._value(found[0], seen)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function, those within others too."""
        return (n for n in ast.walk(self.tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)))

    def _bindings(self, name: str) -> Iterator[ast.expr | ast.ImportFrom]:
        for node in ast.walk(self.tree):
            if _changes(node, name):
                raise NotConstant(f"{self._path}: {name} may be changed in line {getattr(node, 'lineno', '?')}")
            match node:
                case ast.Assign(targets=targets, value=value) if any(_names(t, name) for t in targets):
                    yield value
                case ast.AnnAssign(target=target, value=value) if value is not None and _names(target, name):
                    yield value
                case ast.ImportFrom(names=names) if any((n.asname or n.name) == name for n in names):
                    yield node

    def _imported(self, node: ast.ImportFrom, name: str, seen: Seen) -> str | tuple[str, ...]:
        path = f"{(node.module or '').replace('.', '/')}.py"
        original = next(n.name for n in node.names if (n.asname or n.name) == name)
        try:
            other = Module(self._facts, path)
        except CouldNotLook as error:
            raise NotConstant(
                f"{self._path}: {name} comes from {path}: {error.message}",
                remedy=f"name {path} in service.reviewed_sources, so that it is looked at",
            ) from None
        return other.value(original, seen)

    def _value(self, node: ast.expr, seen: Seen) -> str | tuple[str, ...]:
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
                return tuple(text for item in items for text in self._item(item, seen))
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._sum(self._value(left, seen), self._value(right, seen), node)
            case ast.Call(func=ast.Name(id="tuple" | "frozenset" | "set" | "list"), args=[inner], keywords=[]):
                return tuple(self._value(inner, seen))
            case ast.Name(id=other):
                return self.value(other, seen)
        raise NotConstant(f"{self._path}: line {node.lineno} is not a constant")

    def _item(self, node: ast.expr, seen: Seen) -> tuple[str, ...]:
        if isinstance(node, ast.Starred):
            return tuple(self._value(node.value, seen))
        found = self._value(node, seen)
        if isinstance(found, str):
            return (found,)
        raise NotConstant(f"{self._path}: line {node.lineno} is a list within a list")

    def _sum(
        self, left: str | tuple[str, ...], right: str | tuple[str, ...], node: ast.expr
    ) -> str | tuple[str, ...]:
        if isinstance(left, str) and isinstance(right, str):
            return left + right
        if isinstance(left, tuple) and isinstance(right, tuple):
            return left + right
        raise NotConstant(f"{self._path}: line {node.lineno} adds a text and a list")


def _changes(node: ast.AST, name: str) -> bool:
    """May this give the name another value than the one it was bound to?"""
    match node:
        case ast.AugAssign(target=target) | ast.NamedExpr(target=target):
            return _names(target, name)
        case ast.For(target=target) | ast.comprehension(target=target):
            return _names(target, name)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=found), attr=attr)):
            return found == name and attr in _MUTATING
        case ast.Global(names=changed):
            return name in changed
        case ast.ImportFrom(names=names):
            return any(item.name == "*" for item in names)
    return False


def _names(target: ast.expr, name: str) -> bool:
    """Does an assignment to this target bind the name, alone or among others?"""
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(target))


def filters(module: Module, name: str, prefixes_name: str) -> str:
    """Why documents may pass unfiltered; empty where the filter stands before what sends."""
    found = [function for function in module.functions() if function.name == name]
    if len(found) != 1:
        return f"there are {len(found)} functions {name}"
    (function,) = found
    argument = function.args.args[0].arg if len(function.args.args) == 1 else ""
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    if len(returned) != 1 or ast.dump(returned[0] or ast.Constant(None)) not in _forms(argument, prefixes_name):
        return f"{name} does not return whether the id starts with one of {prefixes_name}, and nothing else"
    if not any(_guards(function, name) for function in module.functions()):
        return f"no listener asks {name} before it sends"
    return ""


def _forms(argument: str, prefixes_name: str) -> set[str]:
    """The ways to write it of which no other meaning can be taken."""
    one = ("prefix", "p", "each", "item", "start")
    forms = [f"any({argument}.startswith({v}) for {v} in {prefixes_name})" for v in one]
    forms += [f"{argument}.startswith({prefixes_name})", f"{argument}.startswith(tuple({prefixes_name}))"]
    return {ast.dump(ast.parse(form, mode="eval").body) for form in forms if argument}


def _guards(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> bool:
    """Everything that this function does beside asking stands behind the answer."""
    body = [node for node in function.body if not isinstance(node, ast.Expr) or not _is_text(node.value)]
    match body:
        case [ast.If(test=ast.Call(func=ast.Name(id=called)), orelse=[])]:
            return called == name
        case [
            ast.If(
                test=ast.UnaryOp(op=ast.Not(), operand=ast.Call(func=ast.Name(id=called))), body=[ast.Return()]
            ),
            *_,
        ]:
            return called == name
    return False


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
