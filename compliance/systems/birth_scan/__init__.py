"""The birth scan: document 001, a scheduled flow that calls an endpoint that calls a function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.needs import Needs
from compliance.systems.birth_scan import looking
from compliance.systems.birth_scan.policy import Policy, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compliance.core.change import Compiled
    from compliance.systems.protocol import Facts

__all__ = ["compile", "exercises", "guards", "names", "needs", "parse", "reads"]

guards: frozenset[str] = frozenset()


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
    )


def reads(_policy: Policy) -> frozenset[str]:
    """The sections that drift and steps are derived from."""
    return frozenset({"rows:flows", "rows:operations", "rows:birth_config"})


def names(policy: Policy, population: str) -> Sequence[str]:
    """Subjects by population."""
    return {
        "flow": lambda: [policy.flow.name],
        "scan": lambda: [policy.function.signature],
        "endpoint": lambda: [policy.endpoint.path],
        "places": lambda: ["policy", "config", "flow", "tool"],
    }[population]()


def exercises(_policy: Policy) -> tuple[()]:
    """No call of a function by SQL."""
    return ()


def compile(_facts: Facts) -> tuple[Compiled, ...]:  # noqa: A001  the protocol's word
    """Nothing yet."""
    return ()
