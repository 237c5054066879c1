"""What is written about the scan stays in the document service: nothing of it comes back to Directus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.errors import CouldNotLook
from compliance.core.finding import Finding, Judgement
from compliance.core.observation import SourceUnavailable
from compliance.core.pyconstants import Module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts


def reports_stay_out_of_the_reverse_sync(facts: Facts) -> Iterator[Judgement]:
    """By the source, where policy names it, and by what the running service says, where that can be asked."""
    policy: Policy = facts.policy
    sides: list[tuple[str, tuple[str, ...]]] = []
    if policy.reverse is not None:
        module = Module(lambda path: _text(facts, path), policy.reverse.source)
        sides.append((policy.reverse.source, module.texts(policy.reverse.name)))
    try:
        sides += [("the running service", info.sync_prefixes) for info in facts.read("agent_data.info")]
    except SourceUnavailable:
        if not sides:
            raise
    for who, prefixes in sides:
        for prefix in prefixes:
            if policy.knowledge.startswith(prefix) or prefix.startswith(policy.knowledge):
                told = f"{who} writes back what begins with '{prefix}', and reports begin with it"
                yield Finding(policy.knowledge, told, f"{who} {prefix}")


def _text(facts: Facts, path: str) -> str | None:
    try:
        (file,) = facts.read(f"file:{path}")
    except CouldNotLook as error:
        raise CouldNotLook(
            error.message, remedy=f"name {path} in the policy, so that it is looked at"
        ) from None
    text: str | None = file.text
    return text
