"""Completion in a shell, made from the parsers by shtab: nothing here knows a command's words.

What an argument stands for is its metavar; the ids of rules and the like are written into the script as they are now.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from compliance.reporting.exports import FORMATS
from compliance.systems import SYSTEMS
from compliance.talking import write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FILES = ("FILE", "BUNDLE", "PUBLIC", "PATH")
_FOLDERS = ("DIR", "PLAN", "OLD", "NEW")


def completion(parsed: argparse.Namespace) -> int:
    """Print the script of one shell."""
    import shtab

    from compliance.cli import parser

    made = parser()
    known = {"SYSTEM": SYSTEMS, "RULE": _rules(), "FORMAT": tuple(FORMATS)}
    for action in _actions(made):
        _complete(action, known)
    write(shtab.complete(made, shell=parsed.shell))
    return 0


def _rules() -> Sequence[str]:
    from compliance import cataloguing

    return [probe.rule.id for probe in cataloguing.probes()]


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from _actions(each)


def _complete(action: Any, known: dict[str, Sequence[str]]) -> None:
    import shtab

    meant = action.metavar if isinstance(action.metavar, str) else ""
    if meant in known and not action.choices:
        action.choices = list(known[meant])
    elif meant in _FILES:
        action.complete = shtab.FILE
    elif meant in _FOLDERS:
        action.complete = shtab.DIRECTORY
