"""Writes `.github/workflows/directional-sync.yml` (document 003, 'GitHub Actions Workflow') from `sync.yaml`.

Which targets a start runs is told by `github.event.schedule`, never by the clock: GitHub starts late, and whoever asks
for the hour then runs something else. Nothing that a person types reaches a script but through the environment.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

from compliance.core.errors import ConfigurationError
from compliance.systems.directional_sync import schedules
from compliance.systems.directional_sync.syncfile import VARIABLE
from compliance.systems.directional_sync.workflow_template import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from compliance.systems.directional_sync.syncfile import SyncFile, Target

FILE = ".github/workflows/directional-sync.yml"
LONGEST = 360  # minutes: GitHub ends a job of its own machines then
_AROUND = 15  # minutes for all that is not a target: checkout, installation, push with its retries
_LINES = re.compile(r"^ *@(\w+)\n", re.MULTILINE)
_VALUE = re.compile(r"@\{(\w+)\}")
# Of the steps that speak with the remote, and of no other: nothing of it is written into the clone, where an entrypoint
# could read it.
_CREDENTIALS = tuple(
    f"          {line}"
    for line in (
        "TOKEN: ${{ github.token }}",
        'GIT_TERMINAL_PROMPT: "0"',
        'GIT_CONFIG_COUNT: "1"',
        "GIT_CONFIG_KEY_0: credential.${{ github.server_url }}.helper",
        """GIT_CONFIG_VALUE_0: '!f() { echo username=x-access-token; echo "password=$TOKEN"; }; f'""",
    )
)
# GitHub gives these to every step itself, and refuses a secret of such a name.
_GIVEN = re.compile(r"(?:GITHUB|RUNNER|ACTIONS)_[A-Z0-9_]*|CI|PATH|HOME|LANG|USER")


def render(found: SyncFile, config: str) -> str:
    """The text of the workflow. `config`: the path of `sync.yaml` in the repository; same values, same bytes."""
    mapping = crons(found.targets.values())
    blocks = {
        "schedule": list(_triggers(mapping)),
        "cases": list(_cases(mapping)),
        "branch": [] if found.branch is None else [f"          ref: {_quoted(found.branch)}"],
        "credentials": _CREDENTIALS,
        "secrets": list(_secrets(found)),
    }
    values = {
        "config": _quoted(config),
        "requirements": _quoted(found.requirements),
        "minutes": str(_minutes(found)),
    }
    # Values first: none of them may stand where a placeholder is looked for.
    text = _VALUE.sub(lambda match: values[match[1]], TEMPLATE)
    return _LINES.sub(lambda match: "".join(f"{line}\n" for line in blocks[match[1]]), text)


def crons(targets: Iterable[Target]) -> Mapping[str, tuple[str, ...]]:
    """By cron the targets that it starts, in the order of the file. Schedules of one meaning share the first's text."""
    mapping: dict[str, list[str]] = {}
    for target in targets:
        if target.schedule is not None:
            own = " ".join(target.schedule.split())
            cron = next((cron for cron in mapping if schedules.equal(cron, own)), own)
            mapping.setdefault(cron, []).append(target.name)
    return {cron: tuple(names) for cron, names in mapping.items()}


def _triggers(mapping: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    if mapping:
        yield "  schedule:"
    for cron, names in mapping.items():
        yield f'    - cron: "{cron}" # {", ".join(names)}'


def _cases(mapping: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for cron, names in mapping.items():
        yield f"              '{cron}') targets=({' '.join(names)}) ;;"


def _secrets(found: SyncFile) -> Iterator[str]:
    """What targets may see of the environment comes from secrets of the same names, for the one step that runs them."""
    asked = {name for target in found.targets.values() for name in _asked(target)}
    for name in sorted(asked | {each.url_env for each in found.notifications}):
        if name == "GITHUB_TOKEN":
            yield "          GITHUB_TOKEN: ${{ github.token }}"
        elif not _GIVEN.fullmatch(name):
            yield f"          {name}: ${{{{ secrets.{name} }}}}"


def _asked(target: Target) -> Iterator[str]:
    """Without what its `config` names a target would not begin."""
    yield from target.env
    for match in VARIABLE.finditer(json.dumps([dict(target.config), target.outside])):
        if name := match[1] or match[2]:
            yield name


def _minutes(found: SyncFile) -> int:
    """All targets, each as long as it may take; one that is checked for a second run that changes nothing, twice."""
    seconds = sum(target.timeout * (2 if target.idempotent else 1) for target in found.targets.values())
    return min(LONGEST, _AROUND + math.ceil(seconds / 60))


def _quoted(text: str) -> str:
    """A YAML text in single quotes, in which a quote stands twice; GitHub reads `${{` in any text."""
    if "${{" in text or not text.isprintable():
        raise ConfigurationError(f"'{text}' cannot stand in a workflow", remedy="give it another name")
    return "'" + text.replace("'", "''") + "'"
