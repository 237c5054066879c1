"""A command of the registry as SQL that an operator may run: validated, printed, never run."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compliance.core.errors import ConfigurationError
from compliance.core.sqltext import literal, name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from compliance.systems.command_catalog.policy import Argument, Command, Policy

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Explained:
    """`statements`: what would be run; `gates`: the settings that stand before it and their declared values."""

    name: str
    governed: bool
    mutating: bool
    statements: tuple[str, ...]
    gates: Mapping[str, str]
    rollback: str | None
    summary: str = ""

    def text(self) -> str:
        """For a person; the SQL alone is not a comment."""
        kind = "mutating" if self.mutating else "does not mutate"
        head = [f"-- {self.name}: {'governed' if self.governed else 'not in the catalog'}, {kind}"]
        head += [f"-- {self.summary}"] if self.summary else []
        head += [f"-- gate {gate}: declared {value}" for gate, value in self.gates.items()]
        head += [f"-- rollback: {self.rollback}"] if self.rollback else []
        # A line feed in a name would end the comment, and what follows would be run.
        return "\n".join([*(" ".join(line.split()) for line in head), *self.statements])

    def as_json(self) -> dict[str, Any]:
        """The same for a program."""
        return {field: getattr(self, field) for field in self.__slots__}


def listed(policy: Policy) -> list[str]:
    """Every command of the registry, a line each."""
    names = [*policy.commands, *policy.ungoverned]
    wide = max(map(len, names))
    return [
        *(f"{c.name:{wide}}  {c.category:10}  governed" for c in policy.commands.values()),
        *(f"{c.name:{wide}}  {c.category:10}  {c.summary}" for c in policy.ungoverned.values()),
    ]


def explained(policy: Policy, command_name: str, given: Iterable[str]) -> Explained:
    """The SQL of a command with these `key=value` arguments; a wrong key or value is an error that lists the right."""
    values = _pairs(given)
    command = policy.commands.get(command_name)
    if command is not None:
        return _governed(policy, command, values)
    other = policy.ungoverned.get(command_name)
    if other is None:
        raise ConfigurationError(
            f"there is no command '{command_name}'{_near(command_name, [*policy.commands, *policy.ungoverned])}",
            remedy="`compliance explain` lists all commands",
        )
    _checked(command_name, other.arguments, values)
    return Explained(other.name, False, False, (), {}, None, f"{other.summary}; it runs no SQL")


def _governed(policy: Policy, command: Command, values: dict[str, str]) -> Explained:
    targets = [policy.targets[target] for target in command.targets]
    arguments = {a.name: a for target in targets for a in target.arguments if a.name not in command.fixed}
    typed = _checked(command.name, tuple(arguments.values()), values) | {
        key: literal(value) for key, value in command.fixed.items()
    }
    statements = []
    for target in targets:
        passed = [
            f"{name(policy.parameter_prefix + a.name)} => {typed[a.name]}::{a.type}"
            for a in target.arguments
            if a.name in typed
        ]
        statements.append(f"select {name(target.schema)}.{name(target.name)}({', '.join(passed)});")
    gates = {gate: _shown(policy.gates.declared[gate]) for gate in command.gates}
    return Explained(command.name, True, command.mutating, tuple(statements), gates, command.rollback)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _pairs(given: Iterable[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise ConfigurationError(f"'{pair}' is not key=value")
        if key in values:
            raise ConfigurationError(f"'{key}' is given twice")
        values[key] = value
    return values


def _checked(command: str, arguments: tuple[Argument, ...], values: dict[str, str]) -> dict[str, str]:
    known = {argument.name: argument for argument in arguments}
    allowed = ", ".join(f"{a.name}:{a.type}{'?' if a.optional else ''}" for a in arguments) or "none"
    for key in values:
        if key not in known:
            raise ConfigurationError(
                f"{command} has no argument '{key}'{_near(key, known)}; allowed: {allowed}"
            )
    for argument in arguments:
        if argument.name not in values and not argument.optional:
            raise ConfigurationError(f"{command} needs {argument.name}:{argument.type}; allowed: {allowed}")
    return {key: _literal(known[key], value) for key, value in values.items()}


def _literal(argument: Argument, value: str) -> str:
    check = _CHECKS.get(argument.type)
    if check is not None and not check(value):
        raise ConfigurationError(f"{argument.name}: '{value}' is not of type {argument.type}")
    return literal(value)


def _is_uuid(value: str) -> bool:
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


_CHECKS: dict[str, Callable[[str], bool]] = {
    "uuid": _is_uuid,
    "boolean": lambda value: value in ("true", "false"),
    "integer": lambda value: value.lstrip("-").isascii() and value.removeprefix("-").isdigit(),
    "numeric": lambda value: _NUMBER.fullmatch(value) is not None,
    "jsonb": _is_json,
    "json": _is_json,
}


def _near(wrong: str, right: Iterable[str]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(wrong, list(right), 1)
    return f" (did you mean {found[0]}?)" if found else ""
