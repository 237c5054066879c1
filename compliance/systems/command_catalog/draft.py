"""A policy that declares what was observed: a start for a person to review, never a rule that anybody made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core import yamltext
from compliance.core.errors import ConfigurationError
from compliance.systems.command_catalog import rules
from compliance.systems.command_catalog.policy import FIELDS
from compliance.systems.protocol import Facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from compliance.core.facts import Function
    from compliance.core.observation import Observation
    from compliance.systems.command_catalog.policy import Argument, Command, Part, Policy, Target

_HEAD = """\
# A draft of what was observed at {at}. It declares what was found, drift included:
# read every line, correct it, and replace `reviewed: false` by who reviewed it, when and why. Until then no audit is
# green."""
_UNKNOWN = "unknown"


def draft(policy: Policy, observation: Observation) -> str:
    """YAML that parses as a policy. Where to look, and what no look can tell, is carried over from `policy`."""
    facts = Facts("command_catalog", {"command_catalog": policy}, observation)
    notes: list[str] = []
    commands = _commands(policy, [row.values for row in facts.read(policy.rows.section)], notes)
    surface = {part.name: _part(part, rules.counted(facts, part)) for part in policy.surface.values()}
    value = {
        "reviewed": False,
        "catalog": {"relation": policy.relation, "columns": dict(policy.columns), "prune": policy.prune},
        "runs": {"relation": policy.runs[0], "command": policy.runs[1]},
        "functions": _functions(policy, commands, facts.read("catalog.functions"), notes),
        "commands": commands,
        "ungoverned": {c.name: _ungoverned(c) for c in policy.ungoverned.values()},
        "gates": _gates(policy, facts, notes),
        "surface": {"total": sum(part["count"] for part in surface.values()), "parts": surface},
        "pins": {
            pin.name: {"path": pin.path, "locator": {pin.how: pin.locator}, "population": pin.population}
            for pin in policy.pins.values()
        },
    }
    head = [
        _HEAD.format(at=observation.observed_at),
        *map(yamltext.comment, notes),
    ]
    return "\n".join([*head, *yamltext.block(value)]) + "\n"


def _commands(policy: Policy, rows: Sequence[tuple[Any, ...]], notes: list[str]) -> dict[str, Any]:
    """A command for each row that can be declared; a row that cannot is noted, and stays a finding."""
    found: dict[str, Any] = {}
    for row in rows:
        name, *values = row
        if not (isinstance(name, str) and all(_declarable(value) for value in values)):
            notes.append(f"left out, as a governed column holds NULL, nothing or another type: {name}")
        elif name in found:
            notes.append(f"stands more than once, and here as first found: {name}")
        else:
            found[name] = dict(zip(FIELDS[1:], values, strict=True)) | _carried(policy.commands.get(name))
    if not found:
        raise ConfigurationError(
            f"{policy.relation} holds no row that a policy could declare", remedy="write the commands by hand"
        )
    return found


def _declarable(value: Any) -> bool:
    if isinstance(value, tuple):
        return bool(value) and all(isinstance(item, str) for item in value)
    return isinstance(value, (str, bool))


def _carried(command: Command | None) -> dict[str, Any]:
    """What the catalog has no column for."""
    if command is None:
        return {}
    carried = {"rollback": command.rollback, "fixed": dict(command.fixed), "gates": list(command.gates)}
    return {name: value for name, value in carried.items() if value}


def _functions(
    policy: Policy, commands: Mapping[str, Any], seen: Iterable[Function], notes: list[str]
) -> dict[str, Any]:
    schema = policy.schema
    by_name: dict[str, list[Function]] = {}
    for function in seen:
        if function.schema == schema:
            by_name.setdefault(function.name, []).append(function)
    targets = {
        name: _target(name, policy.targets.get(name), by_name.get(name, []), notes)
        for name in sorted({target for command in commands.values() for target in command["targets"]})
    }
    where = {"schema": schema, "operator": policy.operator, "parameter_prefix": policy.parameter_prefix}
    return where | {"targets": targets}


def _target(name: str, declared: Target | None, seen: Sequence[Function], notes: list[str]) -> dict[str, Any]:
    """The signature that was seen: the declared one where it is among them, else the first."""
    migration = declared.migration if declared else _UNKNOWN
    signatures = [function.arguments for function in seen]
    if declared and (not seen or tuple(a.type for a in declared.arguments) in signatures):
        arguments = [_argument(argument) for argument in declared.arguments]
    else:
        types = signatures[0] if signatures else ()
        arguments = [{"name": f"argument_{n}", "type": type_} for n, type_ in enumerate(types, 1)]
    if len(seen) != 1:
        notes.append(f"{len(seen)} functions of this name were seen: {name}")
    return {"migration": migration, "arguments": arguments}


def _argument(argument: Argument) -> dict[str, Any]:
    found: dict[str, Any] = {"name": argument.name, "type": argument.type}
    return found | ({"optional": True} if argument.optional else {})


def _ungoverned(command: Any) -> dict[str, Any]:
    arguments = [_argument(argument) for argument in command.arguments]
    return {"category": command.category, "summary": command.summary, "arguments": arguments}


def _gates(policy: Policy, facts: Facts, notes: list[str]) -> dict[str, Any]:
    """The live value of each gate; one that was not seen, or not once, stays as it was declared."""
    gates, live = policy.gates, [row.values for row in facts.read(policy.gate_rows.section)]
    declared = {}
    for name, before in gates.declared.items():
        values = [value for key, value in live if key == name]
        usable = len(values) == 1 and isinstance(values[0], (str, bool, int))
        declared[name] = values[0] if usable else before
        if not usable:
            notes.append(f"no single value of this gate was seen, so it stands as it did: {name}")
    return {"relation": gates.relation, "key": gates.key, "value": gates.value, "declared": declared}


def _part(part: Part, count: int) -> dict[str, Any]:
    where = (
        {"relation": part.relation, "column": part.column} if part.kind == "rows" else {"schema": part.schema}
    )
    return {"kind": part.kind, **where, "like": list(part.like), "count": count}
