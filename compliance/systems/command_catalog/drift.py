"""Repairable differences between the catalog's rows and policy, both ways, in an order that depends on names alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core.change import Differs, Drift, Missing, Undeclared
from compliance.systems.command_catalog.policy import FIELDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compliance.core.observation import Row
    from compliance.systems.command_catalog.policy import Command, Policy


def drift(policy: Policy, rows: Sequence[Row]) -> list[Drift]:
    """`rows`: values in the order of `FIELDS`. A duplicate is judged by its own rule; here each copy is compared."""
    observed: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        observed.setdefault(str(row.values[0]), []).append(row.values)
    declared = policy.commands
    return [
        *(Undeclared(name) for name in sorted(observed.keys() - declared.keys())),
        *(Missing(name) for name in sorted(declared.keys() - observed.keys())),
        *(
            difference
            for name in sorted(observed.keys() & declared.keys())
            for values in observed[name]
            for difference in _differences(declared[name], values)
        ),
    ]


def _differences(command: Command, values: tuple[Any, ...]) -> list[Drift]:
    pairs = zip(FIELDS, command.row, values, strict=True)
    return [Differs(command.name, field, want, found) for field, want, found in pairs if not same(want, found)]


def same(want: Any, found: Any) -> bool:
    """Of one type too: to Python 1 is True, and compiled SQL that compares them fails."""
    equal: bool = want == found
    return type(want) is type(found) and equal


def listed(value: Any) -> tuple[Any, ...]:
    """The entries of a list of targets, of lists within it too, as `unnest` gives them; a value of another kind has
    none, and is a difference of its own."""
    if not isinstance(value, tuple):
        return ()
    return tuple(entry for item in value for entry in (listed(item) if isinstance(item, tuple) else (item,)))
