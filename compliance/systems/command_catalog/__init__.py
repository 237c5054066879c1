"""The command catalog: document 004, migration 034 and what it pins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.needs import Needs
from compliance.systems.command_catalog.compile import compile  # noqa: A004  the protocol's word
from compliance.systems.command_catalog.draft import draft
from compliance.systems.command_catalog.exercise import exercises
from compliance.systems.command_catalog.policy import Policy, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["compile", "draft", "exercises", "guards", "names", "needs", "parse", "reads"]

guards = frozenset({"CC005", "CC006", "CC007", "CC008", "CC009", "CC010", "CC014", "CC015"})


def needs(policy: Policy) -> Needs:
    """Rows of catalog, gates and surface, the pinned files, and what the operator may execute."""
    parts = tuple(part.need for part in policy.surface.values() if part.kind == "rows")
    return Needs(
        rows=(policy.rows, policy.gate_rows, *parts),
        files=frozenset(pin.path for pin in policy.pins.values()),
        roles=frozenset({policy.operator}),
        exercised=frozenset({"command_catalog"} if policy.exercises else ()),
    )


def reads(policy: Policy) -> frozenset[str]:
    """The sections that drift and steps are derived from."""
    return frozenset({policy.rows.section, "catalog.columns", "catalog.functions"})


def names(policy: Policy, population: str) -> Sequence[str]:
    """Subjects by population."""
    return {
        "commands": lambda: list(policy.commands),
        "targets": lambda: list(policy.targets),
        "migrations": lambda: sorted({target.migration for target in policy.targets.values()}),
        "gates": lambda: list(policy.gates.declared),
        "surface": lambda: list(policy.surface),
        "exercises": lambda: list(policy.exercises),
        "pins": lambda: list(policy.pins),
        "live_counts": lambda: ["governed", "distinct_targets"],
        "catalog": lambda: [policy.relation],
        "relations": lambda: list(dict.fromkeys((policy.relation, policy.runs[0], policy.gates.relation))),
    }[population]()
