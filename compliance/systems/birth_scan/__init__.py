"""The birth scan: document 001, a scheduled flow that calls an endpoint that calls a function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.needs import Needs
from compliance.systems.birth_scan import looking
from compliance.systems.birth_scan.compile import compile  # noqa: A004  the protocol's word
from compliance.systems.birth_scan.drift import tool_label
from compliance.systems.birth_scan.exercise import asked, asking
from compliance.systems.birth_scan.policy import Policy, parse
from compliance.systems.birth_scan.prepare import prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "asking",
    "compile",
    "exercises",
    "guards",
    "names",
    "needs",
    "parse",
    "prepare",
    "prepared",
    "reads",
]

guards = frozenset(
    {
        "BS001",
        "BS002",
        "BS003",
        "BS004",
        "BS005",
        "BS006",
        "BS007",
        "BS008",
        "BS009",
        "BS010",
        "BS011",
        "BS012",
        "BS013",
    }
)
# What a preparation repairs: where this alone is broken, the file of the endpoint is compiled instead of the flow.
prepared = frozenset({"BS013"})


def needs(policy: Policy) -> Needs:
    """What binds it: configuration, tools, issues, choices, the sources of server and screens, both services."""
    files = {policy.environment.file, policy.endpoint.file}
    files |= {policy.environment.running} if policy.environment.running else set()
    files |= {policy.reverse.source} if policy.reverse else set()
    return Needs(
        rows=looking.rows(policy),
        files=frozenset(files),
        roles=frozenset({policy.function.caller}),
        directus=True,
        agent_data=True,
        bodies=True,
        trees=frozenset({looking.server(policy), *policy.screens}),
        routes=frozenset({policy.endpoint.path}),
        exercised=frozenset({"birth_scan"}),
    )


def reads(_policy: Policy) -> frozenset[str]:
    """The sections that drift and steps are derived from."""
    return frozenset({"rows:flows", "rows:operations", looking.CONFIG, looking.TOOLS, "catalog.columns"})


def names(policy: Policy, population: str) -> Sequence[str]:
    """Subjects by population."""
    return {
        "pattern": lambda: [policy.pattern.flow],
        "pattern_tool": lambda: [policy.pattern.tool],
        "server": lambda: [policy.endpoint.api],
        "environment": lambda: ["directus"],
        "issues": lambda: [policy.issues.relation],
        "tools": lambda: [policy.tool.relation],
        "words": lambda: [policy.issues.relation, policy.tool.relation],
        "knowledge": lambda: [policy.knowledge],
        "screens": lambda: list(policy.screens),
        "flow": lambda: [policy.flow.name],
        "scan": lambda: [policy.function.signature],
        "endpoint": lambda: [policy.endpoint.path],
        "switch": lambda: [policy.config.enabled],
        "rows": lambda: [policy.flow.name, policy.config.enabled, policy.config.cadence, tool_label(policy)],
        "asked": lambda: asked(policy),
        "places": lambda: ["policy", "config", "flow", "tool"],
    }[population]()


def exercises(_policy: Policy) -> tuple[()]:
    """No call of a function by SQL."""
    return ()
