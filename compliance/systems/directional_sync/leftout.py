"""Nothing that is kept in step is left out by a .gitignore: a commit of it would be empty, and nobody would see why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.finding import Finding, Judgement
from compliance.systems.directional_sync import globs, looking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.directional_sync.policy import Policy
    from compliance.systems.protocol import Facts


def nothing_is_left_out(facts: Facts) -> Iterator[Judgement]:
    """Outputs, inputs and entrypoints, those that are there and such as may come; and the configuration itself."""
    policy: Policy = facts.policy
    ignored = {path for path, entry in looking.listed(facts).items() if entry.ignored}
    for path in (policy.file, policy.workflow, policy.runner):
        if path in ignored:
            yield Finding(path, "a .gitignore leaves it out, so that no clone has it", "ignored")
    for declared, target in looking.here(facts):
        if target.entrypoint is not None and target.entrypoint in ignored:
            told = f"a .gitignore leaves its entrypoint {target.entrypoint} out"
            yield Finding(declared.name, told, target.entrypoint)
        for glob in (*target.outputs, *target.inputs):
            if left := sorted(path for path in ignored if globs.matches(path, [glob])):
                shown = left[0] if len(left) == 1 else f"{left[0]} and {len(left) - 1} more"
                yield Finding(declared.name, f"a .gitignore leaves {shown} of '{glob}' out", glob)
