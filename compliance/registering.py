"""`iu-registration register-plan` and `disable-plan`: the two commands of document 002, section 5.

They look, read-only, and print JSON for an operator's review; nothing is written, and nobody is asked but the database
and, for its version, Directus.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.core.errors import ConfigurationError
from compliance.talking import done, say, write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from compliance.core.observation import Observation
    from compliance.systems.iu_registration.policy import Policy

SYSTEM = "iu_registration"
_ENTRIES = frozenset({"compliance.cli:register_plan", "compliance.cli:disable_plan"})


def directus_registration_commands() -> tuple[str, ...]:
    """The document's DIRECTUS_REGISTRATION_COMMANDS: the names under which the two are installed as programs."""
    installed = entry_points(group="console_scripts")
    return tuple(sorted(entry.name for entry in installed if entry.value in _ENTRIES))


def register_plan(parsed: argparse.Namespace) -> int:
    """Print the registration package."""
    from compliance.systems.iu_registration.package import build_registration_package

    def rendered(seen: Observation, name: str | None, policy: Policy) -> str:
        package = build_registration_package(seen, name, policy=policy)
        if package.mode != policy.serving.mode:
            done()
            reason = f"no {policy.serving.mode} is there of it, and without one Directus serves no view"
            sys.stderr.write(f"compliance: {package.collection}: {reason}\n")
        return package.as_json()

    return _printed(parsed, rendered)


def disable_plan(parsed: argparse.Namespace) -> int:
    """Print the disable package."""
    from compliance.systems.iu_registration.disable import build_disable_package

    return _printed(
        parsed, lambda seen, name, policy: build_disable_package(seen, name, policy=policy).as_json()
    )


def _printed(parsed: argparse.Namespace, render: Callable[[Observation, str | None, Policy], str]) -> int:
    if parsed.collection is not None and not parsed.collection.strip():
        raise ConfigurationError("--collection: no name", remedy="name a view, or leave it out")
    observation, policy = _seen(parsed)
    _check_name(observation, parsed.collection or "")
    text = render(observation, parsed.collection, policy)
    done()
    write(text)
    return 0


def _check_name(observation: Observation, name: str) -> None:
    """A collection is not of a schema; a name with a dot in it is one where a relation has it."""
    schema, dot, rest = name.partition(".")
    found = [(each.schema, each.name) for each in observation.read("catalog.relations")]
    if dot and schema in {of for of, _ in found} and name not in {each for _, each in found}:
        raise ConfigurationError(
            f"--collection {name}: a collection has its view's name without the schema",
            remedy=f"--collection {rest}",
        )


def _seen(parsed: argparse.Namespace) -> tuple[Observation, Policy]:
    """One look at what a package needs: the catalog, the envelope, and what Directus keeps of collections."""
    from compliance import probing
    from compliance.estate.observe import embedded_or_nothing, observe
    from compliance.systems import system

    file = probing.estate_file(parsed.estate)
    if parsed.observation:
        run = probing.look(file, Path(parsed.observation), say)
        return run.observation, _policy(run.policies, file)
    estate, policies = probing.load(file)
    policy = _policy(policies, file)
    needs = replace(
        system(SYSTEM).needs(policy), files=frozenset(), bodies=False, exercised=frozenset(),
        collections=frozenset(), compared=(),
    )  # fmt: skip
    with embedded_or_nothing(estate) as running:
        return observe(running, needs, report=say), policy


def _policy(policies: dict[str, Policy], file: Path) -> Policy:
    if SYSTEM not in policies:
        raise ConfigurationError(
            f"{file}: {SYSTEM} is not in force",
            remedy=f"add {SYSTEM} to its systems, and its policy to the folder of policies",
        )
    return policies[SYSTEM]
