"""The command that reads the policy of an estate and asks nothing of the estate: for an editor, a hook, a review."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import canonical
from compliance.core.errors import ConfigurationError
from compliance.core.oneline import oneline
from compliance.estate import config
from compliance.systems import SYSTEMS, Policies
from compliance.talking import write

if TYPE_CHECKING:
    import argparse


class Checked(NamedTuple):
    """Of one `estate.yaml`. `problems`: all that bars its policy from being read, in the order of its files."""

    file: Path
    name: str
    systems: tuple[str, ...]
    unreviewed: tuple[str, ...]
    problems: tuple[ConfigurationError, ...]


def policy_check(parsed: argparse.Namespace) -> int:
    """2 where a file cannot be read as policy; the first thing of each file is told, whatever is wrong with others."""
    from compliance.probing import estate_file

    found = [check(Path(file)) for file in parsed.files or [estate_file(None)]]
    if parsed.json:
        write(canonical.pretty({"estates": [_told(each) for each in found]}))
    else:
        write("\n".join(line for each in found for line in _lines(each)))
    return ConfigurationError.exit_code if any(each.problems for each in found) else 0


def check(file: Path) -> Checked:
    """Every file of its policy is read as an audit reads it. Without the environment: no address is needed."""
    try:
        estate = config.declared(file)
        config.unknown_systems(file, estate.systems, SYSTEMS)
    except ConfigurationError as error:
        return Checked(file, "", (), (), (error,))
    policies, problems = Policies.read(estate)
    unreviewed = tuple(name for name, policy in policies.items() if not policy.reviewed)
    return Checked(file, estate.name, tuple(policies), unreviewed, tuple(problems))


def _told(checked: Checked) -> dict[str, Any]:
    return {
        "file": str(checked.file), "name": checked.name, "systems": list(checked.systems),
        "unreviewed": list(checked.unreviewed), "problems": [str(error) for error in checked.problems],
    }  # fmt: skip


def _lines(checked: Checked) -> list[str]:
    if checked.problems:
        return [str(error) for error in checked.problems]
    told = [oneline(f"{checked.file}: '{checked.name}' is valid: {', '.join(checked.systems)}")]
    return told + [f"  not reviewed, so no audit of it is green: {name}.yaml" for name in checked.unreviewed]
