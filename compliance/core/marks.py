"""What probes say of themselves in their files, read and not run: markers and docstrings."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class Mark(NamedTuple):
    """`@pytest.mark.NAME(*args, **kwargs)`, as far as it is plain values."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


class Marked(NamedTuple):
    """A probe. `each`: over which subjects it is asked ('system[.population]'); `doc`, `module`: the two docstrings."""

    function: str
    line: int
    rule: Mark
    each: str
    doc: str | None
    module: str | None


def probes(text: bytes, file: Path) -> Iterator[Marked]:
    """Raises `ConfigurationError` where a file is no Python, or a probe does not say plainly what it is."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise ConfigurationError.at(file, getattr(error, "lineno", None), f"is not Python: {error}") from None
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and "rule" in (calls := _calls(node)):
            try:
                rule, each = (_mark(calls[name]) for name in ("rule", "each"))
                said = node.name, node.lineno, rule, str(each.args[0])
            except (KeyError, IndexError, ValueError) as error:
                raise unsaid(file, node.lineno, node.name, error) from None
            yield Marked(*said, ast.get_docstring(node), ast.get_docstring(module))


def unsaid(file: Path, line: int, function: str, why: Exception) -> ConfigurationError:
    return ConfigurationError.at(
        file, line, f"{function} does not say plainly which rule it is: {why}",
        remedy='@pytest.mark.rule("ID", family=…, severity=…, phase=…) and @pytest.mark.each("system.population")',
    )  # fmt: skip


def _calls(node: ast.FunctionDef) -> dict[str, ast.Call]:
    calls = (each for each in node.decorator_list if isinstance(each, ast.Call))
    return {call.func.attr: call for call in calls if isinstance(call.func, ast.Attribute)}


def _mark(call: ast.Call) -> Mark:
    named = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    return Mark(tuple(map(ast.literal_eval, call.args)), named)
