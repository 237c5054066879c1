"""Reads any workflow of GitHub Actions that starts the sync, and says where it departs from `sync.yaml`.

Document 003, acceptance criterion 10: 'CI triggers match sync.yaml schedules'. Whoever reads the texts alone finds them
equal and misses that a condition in a script lets a target never run, so conditions are evaluated, at every minute at
which a cron is due and for a start that comes late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.systems.directional_sync.syncfile import SyncFile


@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule as it stands in the workflow."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Workflow:
    """What the file says. `dispatch`: names of the inputs of a start by hand; `jobs`: what each of them runs."""

    name: str
    crons: tuple[Cron, ...]
    dispatch: tuple[str, ...]
    jobs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """One subject (a target, a cron as it is written, or a step of a job) and what is wrong with it.

    `facet` tells kinds apart and is stable:
    never-runs, dry-only, twice, not-due, late (of a target); no-cron (of a target: its schedule is no cron here);
    no-target, bad-cron, repeated (of a cron); unknown-target, octal, interpolated, eval, no-summary, exit-lost (of a
    step); unread (of whatever could not be read: could not look, never 'kept').
    """

    subject: str
    message: str
    facet: str
    line: int

    @property
    def unread(self) -> bool:
        """A rule that meets one of these could not look."""
        return self.facet == "unread"


def read(text: str) -> Workflow:
    """The values of the file; raises `compliance.core.errors.CouldNotLook` where it is no workflow."""
    raise NotImplementedError


def compare(workflow: Workflow, syncfile: SyncFile) -> list[Problem]:
    """All that is wrong, in the order of the file; empty: each target runs when it is due, once, and never else."""
    raise NotImplementedError


def started(workflow: Workflow, syncfile: SyncFile) -> dict[str, frozenset[str]]:
    """By cron as it is written the targets that it starts when it is due and on time."""
    raise NotImplementedError
