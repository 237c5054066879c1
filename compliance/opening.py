"""What the commands that change or decide begin with: the estate, its ledger, and how they tell what came of it."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.errors import ConfigurationError, Refused
from compliance.talking import done, say, write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from compliance.estate.config import Estate
    from compliance.executor.apply import Change
    from compliance.executor.ledger import Ledger
    from compliance.systems import Policies


@contextmanager
def opened_estate(parsed: argparse.Namespace) -> Iterator[tuple[Estate, Policies]]:
    """The estate that the command line names, running."""
    from compliance import probing
    from compliance.estate.observe import embedded_or_nothing

    estate, policies = probing.load(probing.estate_file(parsed.estate))
    with embedded_or_nothing(estate) as running:
        yield running, policies


@contextmanager
def opened_change(parsed: argparse.Namespace) -> Iterator[tuple[Change, Policies]]:
    """The same, with all that a change of it needs."""
    from compliance.executor.apply import Change

    with opened_estate(parsed) as (estate, policies):
        yield (
            Change(estate, policies["platform"].execution, ledger_of(estate), datetime.now(UTC), say),
            policies,
        )


def ledger_of(estate: Estate) -> Ledger:
    """Where it is written down what was decided and done."""
    from compliance.executor.ledger import Ledger

    if estate.ledger is None:
        raise ConfigurationError(
            f"estate '{estate.name}' has no ledger",
            remedy="set ledger in estate.yaml to a folder that outlives the database",
        )
    return Ledger(estate.ledger)


def say_json(parsed: argparse.Namespace, value: Any, text: str) -> None:
    """One value for a program, or a text for a person."""
    done()
    write(canonical.pretty(value) if parsed.json else text)


def sealed_files(bundle: str, public: str | None) -> dict[str, bytes]:
    """The files of a bundle that is as it was sealed, as far as that can be told; else `Refused`."""
    from compliance.evidence import verify as checking
    from compliance.evidence.spelling import walk

    try:
        key = checking.key_of(public) if public else None
        data = checking.read(bundle)
    except checking.Unreadable as error:
        raise ConfigurationError(str(error)) from None
    if wrong := checking.check(data, key):
        raise Refused(
            f"{bundle} is not as it was sealed",
            reasons=wrong,
            remedy="have it sent once more by whoever sealed it",
        )
    return {file.name: data[file.start : file.end] for file in walk(data)[0]}
