"""Who is told what a run does while it does it: a person, the journal of the run, a live view."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.sync.model import Outcome


class Listener:
    """Hears all, and does nothing: each of the others minds what it is for. `state` and `line` come from the threads
    of the targets, the rest from the one that lands. `hears`: does it want lines at all?"""

    hears = False

    def state(self, target: str, state: str) -> None:
        """What it is at: `running`, `checking`, `waiting for …`."""

    def line(self, target: str, text: str) -> None:
        """The last thing that a command of it said."""

    def landing(self, commits: Mapping[str, str]) -> None:
        """By target the commit that is about to land. Told before, so that a kill hides none."""

    def outcome(self, outcome: Outcome) -> None:
        """As soon as it stands."""


class All(Listener):
    """Several, each told in turn."""

    def __init__(self, *listeners: Listener) -> None:
        self.listeners = listeners
        self.hears = any(each.hears for each in listeners)

    def state(self, target: str, state: str) -> None:
        for each in self.listeners:
            each.state(target, state)

    def line(self, target: str, text: str) -> None:
        for each in self.listeners:
            each.line(target, text)

    def landing(self, commits: Mapping[str, str]) -> None:
        for each in self.listeners:
            each.landing(commits)

    def outcome(self, outcome: Outcome) -> None:
        for each in self.listeners:
            each.outcome(outcome)
