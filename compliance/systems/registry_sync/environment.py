"""Directus' environment as the repository writes it down: which names flows may use, and where requests may go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compliance.core import canonical, compose
from compliance.core.compose import ALLOW_LIST, Missing
from compliance.core.finding import Finding, Judgement
from compliance.systems.registry_sync.desired import desired

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.policy import Policy

_ENV = re.compile(r"\$env\.([A-Za-z_][A-Za-z0-9_]*)")


def variables(facts: Facts) -> Mapping[str, str | None]:
    """The environment of Directus by name; None where the file leaves a value to whoever starts it.

    Raises `Missing` where there is no such file or service, `CouldNotLook` where it cannot be read.
    """
    policy: Policy = facts.policies["registry_sync"]
    place = policy.environment
    (file,) = facts.read(f"file:{place.file}")
    return compose.variables(file.text, place.file, place.service)


def allowed(facts: Facts) -> frozenset[str]:
    """The names that flows may use."""
    return compose.allowed(variables(facts), facts.policies["registry_sync"].environment.file)


def needed_names_are_allowed(facts: Facts) -> Iterator[Judgement]:
    """What the declared flows will name is in the list, and has a value."""
    try:
        listed, given = allowed(facts), variables(facts)
    except Missing as error:
        yield Finding("directus", error.message, "missing")
        return
    flows = desired(facts.policy, (), ())
    text = canonical.dumps([row[7] for flow in flows for row in flow.operations]).decode()
    for name in sorted(set(_ENV.findall(text))):
        if name not in listed:
            yield Finding("directus", f"{ALLOW_LIST} does not hold {name}, which the declared flows need", name)
        elif given.get(name, "") == "":
            yield Finding("directus", f"{name}, which the declared flows need, has no value", f"{name}-value")
