"""Policy of the command catalog: document 004, 'What 034 adds', 'Pinning updates', 'Gate semantics'."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from compliance.core.errors import ConfigurationError
from compliance.core.needs import RowsNeed
from compliance.systems.command_catalog.explain import explained

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.estate.document import Document

FIELDS = ("name", "category", "mutating", "reversible", "targets")


@dataclass(frozen=True, slots=True)
class Argument:
    name: str
    type: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A function that a command calls. `migration`: what brings it where it is missing."""

    schema: str
    name: str
    arguments: tuple[Argument, ...]
    migration: str

    @property
    def signature(self) -> str:
        return f"{self.schema}.{self.name}({','.join(argument.type for argument in self.arguments)})"


@dataclass(frozen=True, slots=True)
class Command:
    """A governed command: a row of the catalog, field by field. `fixed`: arguments that are the command's own."""

    name: str
    category: str
    mutating: bool
    reversible: bool
    targets: tuple[str, ...]
    rollback: str | None
    fixed: Mapping[str, Any]
    gates: tuple[str, ...]
    line: int

    @property
    def row(self) -> tuple[Any, ...]:
        """Values in the order of `FIELDS`."""
        return (self.name, self.category, self.mutating, self.reversible, self.targets)


@dataclass(frozen=True, slots=True)
class Ungoverned:
    """A command of the registry that writes nothing and has no row in the catalog."""

    name: str
    category: str
    summary: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of object of the surface and how many of it there are; `like`: name patterns (`*`, `?`)."""

    name: str
    kind: Literal["table", "view", "function", "trigger", "rows"]
    schema: str
    relation: str
    column: str
    like: tuple[str, ...]
    count: int

    @property
    def need(self) -> RowsNeed:
        return RowsNeed(f"surface.{self.name}", self.relation, (self.column,))


@dataclass(frozen=True, slots=True)
class Pin:
    """A place in the repository that repeats a count. `locator`: how it is found there."""

    name: str
    path: str
    how: Literal["pattern", "length_of", "insert_rows", "asserted_in"]
    locator: str
    population: str
    line: int


@dataclass(frozen=True, slots=True)
class Settings:
    """A table of keys and values, and what some of them must be, in the type that their column has."""

    relation: str
    key: str
    value: str
    declared: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Called:
    """A call of a governed command that is made to be seen, and what its JSON answer must hold."""

    name: str
    command: str
    given: tuple[str, ...]
    expect: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Policy:
    reviewed: bool
    relation: str
    columns: Mapping[str, str]
    prune: bool
    runs: tuple[str, str]
    schema: str
    operator: str
    parameter_prefix: str
    targets: Mapping[str, Target]
    commands: Mapping[str, Command]
    ungoverned: Mapping[str, Ungoverned]
    gates: Settings
    total: int
    surface: Mapping[str, Part]
    pins: Mapping[str, Pin]
    exercises: Mapping[str, Called]

    @property
    def populations(self) -> dict[str, int]:
        """Every count that something repeats, each from one source: what policy declares."""
        return {
            "governed": len(self.commands),
            "registry": len(self.commands) + len(self.ungoverned),
            "distinct_targets": len(
                {target for command in self.commands.values() for target in command.targets}
            ),
            "surface": self.total,
            **{f"surface.{part.name}": part.count for part in self.surface.values()},
        }

    @property
    def rows(self) -> RowsNeed:
        return RowsNeed("command_catalog", self.relation, tuple(self.columns[name] for name in FIELDS))

    @property
    def gate_rows(self) -> RowsNeed:
        gates = self.gates
        return RowsNeed(
            "command_catalog.gates",
            gates.relation,
            (gates.key, gates.value),
            (gates.key, tuple(sorted(gates.declared))),
        )


def parse(document: Document) -> Policy:
    """Frozen values of a validated document; references that lead nowhere are errors with their line."""
    value = document.value
    functions = value["functions"]
    policy = Policy(
        reviewed=bool(value["reviewed"]),
        relation=value["catalog"]["relation"],
        columns=value["catalog"]["columns"],
        prune=value["catalog"].get("prune", False),
        runs=(value["runs"]["relation"], value["runs"]["command"]),
        schema=functions["schema"],
        operator=functions["operator"],
        parameter_prefix=functions["parameter_prefix"],
        targets={n: _target(functions["schema"], n, v) for n, v in functions["targets"].items()},
        commands={n: _command(n, v, document.line("commands", n)) for n, v in value["commands"].items()},
        ungoverned={n: _ungoverned(n, v) for n, v in value.get("ungoverned", {}).items()},
        gates=Settings(**value["gates"]),
        total=value["surface"]["total"],
        surface={n: _part(n, v) for n, v in value["surface"]["parts"].items()},
        pins={n: _pin(n, v, document.line("pins", n)) for n, v in value["pins"].items()},
        exercises={n: _called(n, v) for n, v in value.get("exercises", {}).items()},
    )
    _check(document, policy)
    return policy


def _arguments(value: list[dict[str, Any]]) -> tuple[Argument, ...]:
    return tuple(Argument(**argument) for argument in value)


def _target(schema: str, name: str, value: dict[str, Any]) -> Target:
    return Target(schema, name, _arguments(value["arguments"]), value["migration"])


def _command(name: str, value: dict[str, Any], line: int) -> Command:
    return Command(
        name,
        value["category"],
        value["mutating"],
        value["reversible"],
        tuple(value["targets"]),
        value.get("rollback"),
        value.get("fixed", {}),
        tuple(value.get("gates", ())),
        line,
    )


def _ungoverned(name: str, value: dict[str, Any]) -> Ungoverned:
    return Ungoverned(name, value["category"], value["summary"], _arguments(value.get("arguments", [])))


def _part(name: str, value: dict[str, Any]) -> Part:
    return Part(
        name,
        value["kind"],
        value.get("schema", ""),
        value.get("relation", ""),
        value.get("column", ""),
        tuple(value["like"]),
        value["count"],
    )


def _check_pattern(document: Document, pin: Pin) -> None:
    try:
        groups = re.compile(pin.locator).groups
    except re.error as error:
        raise document.error(f"{pin.name}: not a pattern: {error}", "pins", pin.name, "locator") from None
    if groups != 1:
        raise document.error(
            f"{pin.name}: the pattern needs one group, around the number", "pins", pin.name, "locator"
        )


def _pin(name: str, value: dict[str, Any], line: int) -> Pin:
    ((how, locator),) = value["locator"].items()
    return Pin(name, value["path"], how, locator, value["population"], line)


def _called(name: str, value: dict[str, Any]) -> Called:
    given = tuple(f"{key}={_spelled(argument)}" for key, argument in value.get("arguments", {}).items())
    return Called(name, value["command"], given, value["expect"])


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_exercises(document: Document, policy: Policy) -> None:
    for name, called in policy.exercises.items():
        if called.command not in policy.commands:
            raise document.error(
                f"{name}: '{called.command}' is not a governed command", "exercises", name, "command"
            )
        try:
            statements = explained(policy, called.command, called.given).statements
        except ConfigurationError as error:
            raise document.error(f"{name}: {error.message}", "exercises", name, "arguments") from None
        if len(statements) != 1:
            raise document.error(
                f"{name}: {called.command} calls several functions", "exercises", name, "command"
            )


def _check(document: Document, policy: Policy) -> None:
    _check_exercises(document, policy)
    _check_commands(document, policy)
    _check_pins(document, policy)
    _check_surface(document, policy)


def _check_commands(document: Document, policy: Policy) -> None:
    for name, command in policy.commands.items():
        for target in command.targets:
            if target not in policy.targets:
                raise document.error(
                    f"{name}: '{target}' is not declared in functions.targets", "commands", name, "targets"
                )
        for gate in command.gates:
            if gate not in policy.gates.declared:
                raise document.error(
                    f"{name}: '{gate}' is not declared in gates.declared", "commands", name, "gates"
                )


def _check_pins(document: Document, policy: Policy) -> None:
    for name, pin in policy.pins.items():
        if pin.how == "pattern":
            _check_pattern(document, pin)
        if pin.population not in policy.populations:
            allowed = ", ".join(sorted(policy.populations))
            raise document.error(
                f"{name}: unknown population '{pin.population}'; allowed: {allowed}", "pins", name, "population"
            )


def _check_surface(document: Document, policy: Policy) -> None:
    counted = sum(part.count for part in policy.surface.values())
    if counted != policy.total:
        raise document.error(
            f"surface: the parts add up to {counted}, total says {policy.total}", "surface", "total"
        )
    for name, part in policy.surface.items():
        if part.kind == "rows" and not (part.relation and part.column):
            raise document.error(f"{name}: kind rows needs relation and column", "surface", "parts", name)
        if part.kind != "rows" and not part.schema:
            raise document.error(f"{name}: kind {part.kind} needs a schema", "surface", "parts", name)
