"""What comes before the registration: the views, what Directus knows the key by, and who may read all that.

The order matters: schema and table first; then an operator sets the search path of Directus and starts it again, which
is no work of a plan; then the registration. A path that names a schema which is not there breaks every request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.change import Compiled
from compliance.core.errors import Refused
from compliance.systems.iu_registration import granting, keeping, projecting, shadowing, views
from compliance.systems.iu_registration.source import relation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.change import Step
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts

SYSTEM = "iu_registration"


def prepare(facts: Facts) -> tuple[Compiled, ...]:
    """One plan of all that is lacking; of a disabled registration nothing is made."""
    policy: Policy = facts.policy
    if policy.state == "disabled":
        return ()
    steps = tuple(_steps(facts))
    if not steps:
        return ()
    title = "; ".join(step.title for step in steps)
    return (Compiled(SYSTEM, "preparation", title, steps, notes=_notes(facts)),)


def _steps(facts: Facts) -> Iterator[Step]:
    policy: Policy = facts.policy
    _check_names(facts)
    if relation(facts, policy.source.view) is None:
        yield views.view(facts)
    if relation(facts, policy.source.envelope) is None:
        yield views.envelope(facts)
    if policy.serving.mode == "shadow":
        yield from shadowing.steps(facts)
    elif policy.serving.mode == "projection":
        made = tuple(projecting.steps(facts))
        yield from made or keeping.steps(facts)
    yield from granting.steps(facts)


def _check_names(facts: Facts) -> None:
    """Where something else has a name that is needed, nobody replaces it."""
    policy: Policy = facts.policy
    wanted = {policy.source.view: "view", policy.source.envelope: "view"}
    if policy.keyed:
        wanted[policy.keyed] = "table"
    found = {name: relation(facts, name) for name in wanted}
    odd = [f"{n} is a {there.kind}" for n, there in found.items() if there and there.kind != wanted[n]]
    if odd:
        raise Refused(
            "names that the registration needs are taken", reasons=odd,
            remedy="give it other names in the policy, or rename what is there",
        )  # fmt: skip


def _notes(facts: Facts) -> dict[str, str]:
    """Of a shadow that is there, and only follows the view, nothing is to be set."""
    policy: Policy = facts.policy
    if policy.serving.mode != "shadow" or relation(facts, policy.keyed) is not None:
        return {}
    place = policy.environment
    return {
        "then": f"set {place.variable} of {place.service} in {place.file} so that {policy.serving.schema} stands behind"
        " the schema of the view, and start Directus again",
        "before it is taken back": f"take {policy.serving.schema} out of {place.variable} and start Directus again:"
        " a path that names a schema which is gone is answered with 500 by every request",
    }
