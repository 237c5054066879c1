"""The directional sync: document 003, what is kept in step between a repository and the services around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.systems.directional_sync.looking import needs
from compliance.systems.directional_sync.policy import Policy, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compliance.core.change import Compiled
    from compliance.systems.protocol import Facts

__all__ = ["compile", "exercises", "guards", "names", "needs", "parse", "reads"]

guards = frozenset({"DS001", "DS002", "DS003", "DS004", "DS005"})


def reads(_policy: Policy) -> frozenset[str]:
    """No plan is derived from it: what it repairs, the runner does in git."""
    return frozenset()


def names(policy: Policy, population: str) -> Sequence[str]:
    """Subjects by population."""
    targets = list(policy.targets)
    return {
        "file": lambda: [policy.file],
        "targets": lambda: targets,
        "started": lambda: [policy.workflow, *targets],
        "bounds": lambda: [
            *targets,
            *policy.drift_gates,
            *policy.secret_patterns,
            *policy.pre_sync_checks,
            *policy.post_sync_checks,
        ],
        "texts": lambda: [policy.file, policy.workflow, policy.runner],
        "kept": lambda: [policy.file, policy.workflow, policy.runner, *targets],
        "runner": lambda: [policy.runner],
        "workflow": lambda: [policy.workflow],
    }[population]()


def exercises(_policy: Policy) -> tuple[()]:
    """Nothing has to be called to be seen."""
    return ()


def compile(_facts: Facts) -> tuple[Compiled, ...]:  # noqa: A001  the protocol's word
    """No seed: `compliance sync` brings targets up to date, and `compliance sync workflow` writes the workflow."""
    return ()
