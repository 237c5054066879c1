"""Texts that a name of a Python module holds when it runs, as its source says. Read, never run."""

from __future__ import annotations

import ast
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from compliance.core.errors import CouldNotLook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# What takes a list or a set and leaves it as it is.
_READING = frozenset({"tuple", "list", "set", "frozenset", "sorted", "len", "any", "all"})
_MUTABLE = frozenset({"list", "set"})
Names: TypeAlias = "frozenset[tuple[str, str]]"


class NotConstant(CouldNotLook):
    """It depends on something that only running the module would tell."""


class Held(NamedTuple):
    """What a name holds: a text or texts. `mutable`: whoever has it can change it in its place."""

    content: str | tuple[str, ...]
    mutable: bool = False


class Module:
    """A module of the governed repository. Names that it imports are looked up in modules that were looked at too.

    `source`: the text of a file by its path, None where there is none; it raises where nobody looked at it.
    """

    def __init__(self, source: Callable[[str], str | None], path: str) -> None:
        self._source, self._path = source, path
        text = source(path)
        if text is None:
            raise CouldNotLook(f"{path}: there is no such file in the repository")
        try:
            self.tree = ast.parse(text)
            self.nodes = list(ast.walk(self.tree))
        except (SyntaxError, ValueError, RecursionError) as error:
            raise CouldNotLook(f"{path}: not Python that can be read: {type(error).__name__}") from None

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts that a name of this module holds when the service runs.

        Of one text itself and its letters: `startswith` takes it whole, a loop goes through it letter by letter.
        """
        found = self.held(name, frozenset()).content
        return tuple(dict.fromkeys((found, *found))) if isinstance(found, str) else found

    def held(self, name: str, seen: Names) -> Held:
        """The constant that a name is bound to, here or in the module that it is imported from."""
        if (self._path, name) in seen:
            raise NotConstant(f"{self._path}: {name} is made of itself")
        node = self._binding(name)
        seen = seen | {(self._path, name)}
        found = (
            self._imported(node, name, seen)
            if isinstance(node, ast.ImportFrom)
            else self._evaluated(node, seen)
        )
        if found.mutable:
            self._check_read_only(name)
        return found

    def bound(self, name: str) -> list[ast.AST]:
        """Every place that gives the name a value, or may change what it has: in a function, by its text, as `*`."""
        return [node for node in self.nodes if _binds(node, name) and not self._declares(node)]

    def _declares(self, node: ast.AST) -> bool:
        """An annotation alone, or an entry of `__all__`: neither gives a value."""
        above = self.parents[node]
        match above, self.parents.get(above):
            case ast.AnnAssign(value=None), _:
                return True
            case ((ast.List() | ast.Tuple()), ast.Assign(targets=[ast.Name(id="__all__")])):
                return isinstance(node, ast.Constant)
        return False

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}

    def _binding(self, name: str) -> ast.expr | ast.ImportFrom:
        """The one place that binds it, on the module's own level."""
        found = self.bound(name)
        if len(found) != 1:
            lines = ", ".join(str(getattr(node, "lineno", "?")) for node in found)
            where = f" in lines {lines}" if found else ""
            raise NotConstant(f"{self._path}: {name} is bound {len(found)} times{where}, so it is no constant")
        statement = self.parents[found[0]]
        if statement in self.tree.body:
            match statement:
                case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                    return value
                case ast.ImportFrom():
                    return statement
        raise NotConstant(f"{self._path}: {name} is bound by something that only running it would tell")

    def _imported(self, node: ast.ImportFrom, name: str, seen: Names) -> Held:
        path = self._file_of(node)
        original = next((n.name for n in node.names if (n.asname or n.name) == name), "*")
        try:
            other = Module(self._source, path)
        except CouldNotLook as error:
            raise NotConstant(
                f"{self._path}: {name} comes from {path}: {error.message}",
                remedy=f"name {path} in the policy, so that it is looked at",
            ) from None
        return other.held(original, seen)

    def _file_of(self, node: ast.ImportFrom) -> str:
        """Where it is in the repository: from its root, or from where this module lies."""
        parts = (node.module or "__init__").split(".")
        here = PurePosixPath(self._path)
        base = here.parents[node.level - 1] if 0 < node.level <= len(here.parents) else PurePosixPath()
        return f"{base.joinpath(*parts)}.py"

    def _evaluated(self, node: ast.expr, seen: Names) -> Held:
        match node:
            case ast.Constant(value=str(text)):
                return Held(text)
            case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
                texts = tuple(text for item in items for text in self._item(item, seen))
                return Held(texts, not isinstance(node, ast.Tuple))
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._sum(self._evaluated(left, seen), self._evaluated(right, seen), node)
            case ast.Call(
                func=ast.Name(id="tuple" | "frozenset" | "set" | "list" as made), args=[inner], keywords=[]
            ) if not self.bound(made):
                return Held(tuple(self._evaluated(inner, seen).content), made in _MUTABLE)
            case ast.Name(id=other):
                return self.held(other, seen)
        raise NotConstant(f"{self._path}: line {node.lineno} is not a constant")

    def _item(self, node: ast.expr, seen: Names) -> tuple[str, ...]:
        if isinstance(node, ast.Starred):
            return tuple(self._evaluated(node.value, seen).content)
        found = self._evaluated(node, seen).content
        if isinstance(found, str):
            return (found,)
        raise NotConstant(f"{self._path}: line {node.lineno} is a list within a list")

    def _sum(self, left: Held, right: Held, node: ast.expr) -> Held:
        if isinstance(left.content, str) and isinstance(right.content, str):
            return Held(left.content + right.content)
        if isinstance(left.content, tuple) and isinstance(right.content, tuple):
            return Held(left.content + right.content, left.mutable)
        raise NotConstant(f"{self._path}: line {node.lineno} adds a text and a list")

    def _check_read_only(self, name: str) -> None:
        """Whoever else is given a list or a set may change it."""
        for node in self._uses(name):
            match self.parents[node]:
                case ast.comprehension(iter=found) | ast.For(iter=found) if found is node:
                    continue
                case ast.BinOp() | ast.Starred() | ast.Compare():
                    continue
                case ast.Call(func=ast.Name(id=asked), args=args) if node in args and asked in _READING:
                    continue
            raise NotConstant(f"{self._path}: {name} may be changed in line {node.lineno}")

    def _uses(self, name: str) -> Iterator[ast.Name]:
        for node in self.nodes:
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                yield node


def _binds(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Name(id=found, ctx=ast.Store() | ast.Del()) | ast.Attribute(attr=found, ctx=ast.Store()):
            return found == name
        case ast.alias(name=original, asname=other):
            return (other or original.partition(".")[0]) in (name, "*")
        case ast.FunctionDef(name=found) | ast.AsyncFunctionDef(name=found) | ast.ClassDef(name=found):
            return found == name
        case ast.arg(arg=found) | ast.ExceptHandler(name=found) | ast.MatchAs(name=found):
            return found == name
        case ast.MatchStar(name=found) | ast.MatchMapping(rest=found):
            return found == name
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return name in names
        case ast.Constant(value=text):
            return text == name  # globals()[…], setattr(…)
    return False
