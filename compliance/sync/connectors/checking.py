"""Is there such a connector, does it know the direction, and is its `config` what it wants? Before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core.errors import ConfigurationError
from compliance.estate import document, validating
from compliance.sync.connectors.finding import load
from compliance.sync.connectors.protocol import directions
from compliance.systems.directional_sync.syncfile import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.systems.directional_sync.syncfile import SyncFile, Target


def check(file: SyncFile, target: Target) -> None:
    """As it stands in the file. What has a `$NAME` in it is checked when that is filled in."""
    assert target.connector is not None
    at = ("targets", target.name, "connector")
    try:
        connector = load(target.connector)
    except ConfigurationError as error:
        raise file.document.error(f"{target.name}: {error.message}", *at, remedy=error.remedy) from None
    if target.direction not in (can := directions(connector)):
        text = f"{target.name}: {target.connector} cannot {target.direction}: it can {' and '.join(can)}"
        raise file.document.error(text, *at)
    _config(file, target, connector.schema, target.config, filled=False)


def check_filled(file: SyncFile, target: Target, config: Mapping[str, Any]) -> None:
    """With all that was filled in."""
    if target.connector is not None:
        _config(file, target, load(target.connector).schema, config, filled=True)


def _config(
    file: SyncFile, target: Target, schema: Mapping[str, Any], config: Mapping[str, Any], *, filled: bool
) -> None:
    validator = validating.validator(schema)
    wrong = document.wrong_by(validator if filled else _Patient(validator), dict(config))
    if wrong is not None:
        where = ("targets", target.name, "config")
        raise file.document.error(f"{target.name}: config: {wrong.message}", *where, *wrong.place)


class _Patient:
    """Says nothing of a text in which something has still to be filled in."""

    def __init__(self, validator: Any) -> None:
        self.validator, self.schema = validator, validator.schema

    def iter_errors(self, value: Any) -> list[Any]:
        found = self.validator.iter_errors(value)
        return [e for e in found if not (isinstance(e.instance, str) and VARIABLE.search(e.instance))]
