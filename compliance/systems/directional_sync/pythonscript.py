"""Where a script of Python loses that something failed: what is caught and forgotten, what nobody looks at."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from compliance.systems.directional_sync.losing import Loss

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDE = frozenset({"Exception", "BaseException", "OSError", "RuntimeError"})
_RUNS = frozenset({"subprocess.run", "subprocess.call", "subprocess.Popen", "os.system"})
_ENDS = frozenset({"sys.exit", "exit", "quit", "os._exit", "SystemExit"})
STARTS = _RUNS | {"subprocess.check_call", "subprocess.check_output", "subprocess.getoutput"}


def lost(text: str) -> list[Loss]:
    """All of a script; a text that is no Python is a loss too: it ends before it begins."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        return [Loss(f"is not Python: {getattr(error, 'msg', error)}", getattr(error, "lineno", 1) or 1)]
    found = [loss for node in ast.walk(module) for loss in _of(node)]
    return sorted({*found, *_dropped(module)}, key=lambda loss: (loss.line, loss.reason))


def started(text: str) -> list[list[str]]:
    """Words of the processes that it starts; of what is no Python, none."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    calls = (node for node in ast.walk(module) if isinstance(node, ast.Call) and node.args)
    return [words(call.args[0]) for call in calls if ast.unparse(call.func) in STARTS]


def words(value: ast.expr) -> list[str]:
    """As they stand there; of one that is put together nothing is known but that it is one."""
    if isinstance(value, ast.List | ast.Tuple):
        return [one.value if isinstance(one, ast.Constant) and isinstance(one.value, str) else "-"
                for one in value.elts]  # fmt: skip
    text = value.value if isinstance(value, ast.Constant) else None
    return text.split() if isinstance(text, str) else []


def _of(node: ast.AST) -> Iterator[Loss]:
    if isinstance(node, ast.ExceptHandler) and _is_wide(node) and all(map(_forgets, node.body)):
        yield Loss("'except' forgets what failed", node.lineno)
    if (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func) in _RUNS
    ):
        checked = [k.value for k in node.value.keywords if k.arg == "check"]
        if not (checked and isinstance(checked[0], ast.Constant) and checked[0].value is True):
            yield Loss(f"nobody looks at how {ast.unparse(node.value.func)} ended: check=True", node.lineno)
    if isinstance(node, ast.Try) and any(map(_ends_well, node.finalbody)):
        yield Loss("'finally' ends well whatever has failed", node.finalbody[0].lineno)
    if isinstance(node, ast.With) and any("suppress" in ast.unparse(item.context_expr) for item in node.items):
        named = {name.id for item in node.items for name in ast.walk(item) if isinstance(name, ast.Name)}
        if named & {"Exception", "BaseException"}:
            yield Loss("'suppress' forgets what failed", node.lineno)


def _is_wide(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(ast.unparse(name) in _WIDE for name in ast.walk(handler.type) if isinstance(name, ast.Name))


def _forgets(statement: ast.stmt) -> bool:
    """It neither ends, nor raises, nor keeps anything: it says something at most."""
    if isinstance(statement, ast.Pass | ast.Continue) or _ends_well(statement):
        return True
    if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)):
        return isinstance(statement, ast.Expr)
    name = ast.unparse(statement.value.func)
    return name == "print" or name.startswith(
        ("log.", "logger.", "logging.", "sys.stderr.", "sys.stdout.", "traceback.")
    )


def _ends_well(statement: ast.stmt) -> bool:
    """`sys.exit(0)` and its like."""
    value = statement.exc if isinstance(statement, ast.Raise) else getattr(statement, "value", None)
    if not isinstance(value, ast.Call) or ast.unparse(value.func) not in _ENDS:
        return False
    return not value.args or (isinstance(value.args[0], ast.Constant) and value.args[0].value in (0, None))


def _dropped(module: ast.Module) -> Iterator[Loss]:
    """`main()` where `sys.exit(main())` is meant: a code that it returns reaches nobody."""
    coded = {
        node.name
        for node in module.body
        if isinstance(node, ast.FunctionDef) and any(map(_returns_code, _own(node)))
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _is_main(module, node):
            name = ast.unparse(node.value.func)
            if name in coded:
                yield Loss(f"what {name}() returns is no exit code: sys.exit({name}())", node.lineno)


def _own(function: ast.FunctionDef) -> Iterator[ast.stmt]:
    return (node for node in ast.walk(function) if isinstance(node, ast.stmt))


def _returns_code(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Return) or node.value is None:
        return False
    found = {type(c.value) for c in ast.walk(node.value) if isinstance(c, ast.Constant)}
    return bool(found & {int, bool})


def _is_main(module: ast.Module, node: ast.Expr) -> bool:
    """At the top, or behind `if __name__ == "__main__"`."""
    guards = [part for part in module.body if isinstance(part, ast.If) and "__name__" in ast.unparse(part.test)]
    return node in module.body or any(node in guard.body for guard in guards)
