"""The platform: the server, the probe's own role, the policies themselves, and what triggers what in Directus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.needs import Needs
from compliance.systems.platform.policy import Policy, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compliance.core.change import Compiled
    from compliance.systems.protocol import Facts

__all__ = ["compile", "exercises", "guards", "names", "needs", "parse", "reads"]

guards = frozenset({"PL001", "PL002", "PL003", "PL005"})


def needs(policy: Policy) -> Needs:
    """The catalog, which is always looked at, and the flows of Directus where there is one."""
    return Needs(rows=policy.directus.rows) if policy.directus else Needs()


def reads(_policy: Policy) -> frozenset[str]:
    """No drift of its own."""
    return frozenset()


def names(policy: Policy, population: str) -> Sequence[str]:
    """`directus` where there is one, and the profiles; `policies`, `waivers` and `controls` are added by the run, which
    knows all of them."""
    found = {"directus": ("directus",) if policy.directus else (), "profiles": tuple(policy.profiles)}
    return found[population]


def exercises(_policy: Policy) -> tuple[()]:
    """Nothing of the platform has to be called to be seen."""
    return ()


def compile(_facts: Facts) -> tuple[Compiled, ...]:  # noqa: A001  the protocol's word
    """The platform repairs nothing."""
    return ()
