"""The way back, as the service's source says it: document 000, 'event_system.py Analysis'. Read, never run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.pyconstants import Module, NotConstant

if TYPE_CHECKING:
    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.policy import Policy

__all__ = ["NotConstant", "module", "prefixes"]


def prefixes(facts: Facts) -> tuple[str, ...]:
    """The prefixes of documents that go back to Directus; raises where the source does not tell them."""
    policy: Policy = facts.policies["registry_sync"]
    reverse = policy.service.reverse
    return module(facts, reverse.source).texts(reverse.name)


def module(facts: Facts, path: str) -> Module:
    """A module of the governed repository; what it imports has to be among the reviewed sources."""

    def source(path: str) -> str | None:
        (file,) = facts.read(f"file:{path}")
        text: str | None = file.text
        return text

    return Module(source, path)
