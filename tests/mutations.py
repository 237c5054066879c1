"""The guards of the executor, found in its source, and the same source with one of them taken out.

A guard is what keeps a change from being made, or from being believed: a condition under which something is raised or
a reason given, a call of a function that raises, a list of reasons, a lock, a grant.
"""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from compliance.estate.resources import resource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = resource("executor")
# They raise too, but are called for what they do: the rest of a program is no guard of itself.
WORK = frozenset(
    {
        "_append",
        "_execute",
        "_git",
        "_look",
        "_put",
        "_run",
        "_verify",
        "_write",
        "append",
        "enter",
        "open",
        "run",
    }
)
# Calls whose value is used, and what stands in for it where nobody asks.
GRANT = "__import__('compliance.executor.approvals', fromlist=['Grant']).Grant(True, (), ())"
INSTEAD = {
    "granted": GRANT, "check_crossed": "{}", "locked": "__import__('contextlib').nullcontext()",
    "held": "__import__('contextlib').nullcontext()",
}  # fmt: skip
# Modules whose lists of text are no reasons.
TALKING = frozenset({"clone", "review"})
# What no shape gives away.
BY_HAND = {
    ("approvals", "_counting", "rule.by - {author or ''}"): "rule.by",
    ("approvals", "_rules", "rules == 'self' and plan.estate_kind == 'reference'"): "rules == 'self'",
    ("attest", "open_envelope", "found.verify([key], threshold=1)"): "pass",
    ("ledger_lock", "_take", "fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)"): "pass",
    ("running", "deploy", "session.run(step.title, step.verify, at)"): "pass",
}
# Where a function raises at its end if nothing before has returned.
AT_THE_END = {
    "attest._known": "return name, public", "attest._parse": "return Envelope.from_dict(envelope)",
    "recovery.settle": "return None", "session._take_lock": "return None",
}  # fmt: skip


class Guard(NamedTuple):
    """A piece of a file of the program; `without`: the whole file with something else in its place."""

    key: str
    path: Path
    without: bytes


def guards() -> dict[str, Guard]:
    """By `module.function: what stands there`, a number behind what stands there more than once."""
    checks = checking()
    found = [guard for path in sources() for guard in _of(path, checks)]
    seen: Counter[str] = Counter()
    keyed = {}
    for guard in found:
        seen[guard.key] += 1
        key = guard.key if seen[guard.key] == 1 else f"{guard.key} #{seen[guard.key]}"
        keyed[key] = guard._replace(key=key)
    return keyed


def sources() -> list[Path]:
    return [*sorted(PACKAGE.glob("*.py")), resource("core/chain.py")]


def checking() -> frozenset[str]:
    """Functions that raise, and the one that lets the server do it."""
    names = set()
    for path in sources():
        for function in _functions(ast.parse(path.read_bytes())):
            if any(isinstance(node, ast.Raise) for node in ast.walk(function)):
                names.add(function.name)
    return frozenset(names | {"constraints"}) - WORK


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _of(path: Path, checks: frozenset[str]) -> Iterator[Guard]:
    source = path.read_bytes()
    lines = [0]
    for line in source.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    for function in _functions(ast.parse(source)):
        for found in (*_reasons(path.stem, function), *_guarding(path.stem, function, checks)):
            start, end = (lines[line - 1] + column for line, column in (found.begin, found.end))
            without = source[:start] + found.instead.encode() + source[end:]
            yield Guard(f"{path.stem}.{function.name}: {found.text}", path, without)


class Found(NamedTuple):
    """A piece of source from `begin` to `end` (line and column), as a person would call it, and what to put there."""

    text: str
    begin: tuple[int, int]
    end: tuple[int, int]
    instead: str

    @classmethod
    def at(cls, node: ast.expr | ast.stmt, instead: str, text: str = "") -> Found:
        end = (node.end_lineno or 0, node.end_col_offset or 0)
        return cls(text or _spelled(node), (node.lineno, node.col_offset), end, instead)


def _reasons(module: str, function: ast.FunctionDef) -> Iterator[Found]:
    """A function that gives reasons gives none; and one that raises at its end does not."""
    where = f"{module}.{function.name}"
    for statement in function.body:
        if isinstance(statement, ast.Raise):
            yield Found.at(statement, AT_THE_END[where], "raise")
    reasons = function.returns is not None and ast.unparse(function.returns) == "list[str]"
    conditions = any(isinstance(node, ast.If) and any(map(_objects, node.body)) for node in ast.walk(function))
    if reasons and not conditions and module not in TALKING:
        first = next(statement for statement in function.body if not _is_docstring(statement))
        begin = (first.lineno, first.col_offset)
        yield Found("the reasons", begin, begin, f"return []\n{' ' * first.col_offset}")


def _guarding(module: str, function: ast.FunctionDef, checks: frozenset[str]) -> Iterator[Found]:
    for node in ast.walk(function):
        if isinstance(node, ast.If) and any(map(_objects, node.body)):
            yield Found.at(node.test, "False")
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _name(node.value) in checks:
            yield Found.at(node, "pass")
        elif isinstance(node, ast.Call) and _name(node) in INSTEAD:
            yield Found.at(node, INSTEAD[_name(node)])
        elif isinstance(node, (ast.Expr, ast.BinOp, ast.BoolOp)):
            instead = BY_HAND.get((module, function.name, _spelled(node)))
            if instead is not None:
                yield Found.at(node, instead)


def _objects(statement: ast.stmt) -> bool:
    """Does it raise, or give a reason?"""
    call = statement.value if isinstance(statement, ast.Expr) else None
    appends = isinstance(call, ast.Call) and _name(call) == "append"
    return isinstance(statement, (ast.Raise, ast.AugAssign)) or appends


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)


def _spelled(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
