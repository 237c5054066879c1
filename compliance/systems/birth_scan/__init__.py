"""The birth scan: document 001, a scheduled flow that calls an endpoint that calls a function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.needs import Needs, RowsNeed
from compliance.systems.birth_scan.policy import Policy, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compliance.core.change import Compiled
    from compliance.systems.protocol import Facts

__all__ = ["compile", "exercises", "guards", "names", "needs", "parse", "reads"]

guards: frozenset[str] = frozenset()


def needs(policy: Policy) -> Needs:
    """Config, tools, and files that bind it."""
    config = policy.config
    return Needs(
        rows=(
            RowsNeed(
                "birth_config", config.relation, (config.key, config.value),
                (config.key, (config.enabled, config.cadence)),
            ),
        ),
        files=frozenset({policy.environment.file, policy.endpoint.file}),
        directus=True,
        agent_data=True,
    )  # fmt: skip


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
