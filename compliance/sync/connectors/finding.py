"""Connectors by name: those that come with the runner, and those of installed packages."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from compliance.core.errors import ConfigurationError
from compliance.sync.connectors import BUILT_IN, GROUP
from compliance.sync.connectors.protocol import directions

if TYPE_CHECKING:
    from compliance.sync.connectors.protocol import Connector


def known() -> dict[str, EntryPoint]:
    """By name, in order. Raises `ConfigurationError` where two claim one name: who wins must not depend on an order."""
    found = {name: EntryPoint(name, place, GROUP) for name, place in BUILT_IN.items()}
    for each in entry_points(group=GROUP):
        other = found.setdefault(each.name, each)
        if other.value != each.value:
            raise ConfigurationError(
                f"two connectors are called '{each.name}': {other.value} and {each.value}",
                remedy="uninstall one of the packages, or rename its entry point",
            )
    return dict(sorted(found.items()))


def load(name: str) -> Connector:
    """One of them; raises `ConfigurationError` where there is none of that name, or it cannot be loaded."""
    there = known()
    if name not in there:
        raise ConfigurationError(
            f"no connector is called '{name}'",
            remedy=f"there are: {', '.join(there)}; others come with packages",
        )
    try:
        made: Any = there[name].load()()
    except Exception as error:  # whatever a package does when it is loaded, its name belongs to the message
        raise ConfigurationError(
            f"connector '{name}' ({there[name].value}) cannot be loaded: {error!r}"
        ) from error
    if not isinstance(getattr(made, "schema", None), dict) or not directions(made):
        raise ConfigurationError(
            f"connector '{name}' ({there[name].value}) has no `schema`, or neither pull, push nor read and write"
        )
    connector: Connector = made
    return connector
