"""What a workflow does with the targets of `sync.yaml`, and when: see `workflow_reading.py`, which hands it out."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from compliance.systems.directional_sync import schedules, workflow_texts
from compliance.systems.directional_sync import workflow_times as timing
from compliance.systems.directional_sync.shell.syntax import Unreadable
from compliance.systems.directional_sync.workflow_following import Asked, Unread, follow
from compliance.systems.directional_sync.workflow_reading import Problem
from compliance.systems.directional_sync.workflow_starts import Starts
from compliance.systems.directional_sync.workflow_times import Clock, Times

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from compliance.systems.directional_sync.syncfile import SyncFile, Target
    from compliance.systems.directional_sync.workflow_following import Way
    from compliance.systems.directional_sync.workflow_reading import Cron, Workflow
    from compliance.systems.directional_sync.workflow_starts import Started

# `github.event.schedule`, or all of the event; its inputs and its name are the same for all schedules.
_SCHEDULE = re.compile(r"github\.event(?!_|\.inputs)|\bgithub\s*[)\[]", re.IGNORECASE)
_MOST = 3000  # times that are followed for one cron
_Key: TypeAlias = tuple[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one start runs: `sure` in every way, how often at most; `maybe` in some; `dry`: only as a preview."""

    sure: tuple[tuple[str, int], ...]
    maybe: frozenset[str]
    dry: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.sure)


@dataclass(slots=True)
class _Runs:
    """When each target runs, by all crons together."""

    once: dict[str, Times] = field(default_factory=dict)
    twice: dict[str, Times] = field(default_factory=dict)
    maybe: dict[str, Times] = field(default_factory=dict)
    late: dict[str, tuple[str, str]] = field(default_factory=dict)
    dry: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    by_cron: dict[str, set[str]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    perhaps: set[str] = field(default_factory=set)

    def note(self, cron: str, minute: int, on: int, outcome: Outcome) -> None:
        for name, times in outcome.sure:
            seen = self.once.setdefault(name, {})
            again = on if times > 1 else on & seen.get(minute, 0)
            if again:
                timing.add(self.twice.setdefault(name, {}), {minute: again})
            timing.add(seen, {minute: on})
        for name in outcome.maybe:
            timing.add(self.maybe.setdefault(name, {}), {minute: on})
        self.dry |= outcome.dry
        self.perhaps |= {cron} if outcome.maybe else set()
        self.by_cron.setdefault(cron, set()).update(outcome.names)


def judge(workflow: Workflow, found: SyncFile) -> list[Problem]:
    """All problems, by line, each subject and facet once."""
    judged = _Judged(workflow, found)
    problems = [*judged.crons(), *judged.targets(), *judged.problems, *workflow_texts.problems(workflow)]
    first: dict[tuple[str, str], Problem] = {}
    for problem in sorted(problems, key=lambda p: (p.line, p.subject, p.facet, p.message)):
        first.setdefault((problem.subject, problem.facet), problem)
    return list(first.values())


def mapping(workflow: Workflow, found: SyncFile) -> dict[str, frozenset[str]]:
    judged = _Judged(workflow, found)
    return {cron.text: frozenset(judged.runs.by_cron.get(cron.text, ())) for cron in workflow.crons}


class _Judged:
    def __init__(self, workflow: Workflow, found: SyncFile) -> None:
        self.workflow, self.found = workflow, found
        self.starts = Starts(found)
        self.problems: list[Problem] = []
        self.runs = _Runs()
        self.known: dict[_Key, Outcome] = {}
        self.written: set[str] = set()
        steps = [step for job in workflow.jobs.values() for step in job.steps]
        self.by_schedule = _SCHEDULE.search(repr(workflow.jobs) + repr(workflow.env)) is not None
        self.clock = Clock.of(step.run for step in steps if step.run is not None)
        self.valid = [cron for cron in workflow.crons if self._valid(cron)]
        for cron in self.valid:
            self._cron(cron)
        self.problems += workflow_texts.summaries(workflow, self.written)

    def _problem(self, subject: str, message: str, facet: str, line: int) -> None:
        self.problems.append(Problem(subject, message, facet, line))

    def _valid(self, cron: Cron) -> bool:
        try:
            schedules.read(cron.text)
        except schedules.NotASchedule as error:
            self._problem(cron.text, f"GitHub refuses it: {error}", "bad-cron", cron.line)
            return False
        if (cron.zone or "UTC").upper() not in ("UTC", "ETC/UTC"):
            self._problem(
                cron.text, f"is read in {cron.zone}; schedules of sync.yaml are UTC", "zone", cron.line
            )
        return True

    def _cron(self, cron: Cron) -> None:
        """A step that cannot be followed leaves the whole cron unread: what it skips cannot be told either."""
        try:
            self._followed(cron)
        except Unread as error:
            self.runs.unread.add(cron.text)
            self._problem(error.subject, f"cannot be followed: {error.reason}", "unread", error.line)
            told = f"what it starts cannot be told: {error.subject}: {error.reason}"
            self._problem(cron.text, told, "unread", cron.line)

    def _followed(self, cron: Cron) -> None:
        samples: dict[tuple[int, Outcome], list[datetime]] = {}
        for number, (minute, on, at) in enumerate(timing.moments(cron.text, self.clock)):
            if number == _MOST:
                raise Unread(cron.text, "it is due at too many times that its scripts tell apart", cron.line)
            outcome = self._outcome(cron, at)
            self.runs.note(cron.text, minute, on, outcome)
            samples.setdefault((minute, outcome), []).append(at)
        # Days that are alike on time are alike when it is late, as far as two of them can tell.
        for (_, outcome), times in samples.items():
            self._lost(cron, times[0], outcome)
            for at in dict.fromkeys((times[0], times[-1])):
                self._late(cron, at, outcome)

    def _late(self, cron: Cron, at: datetime, outcome: Outcome) -> None:
        for then in timing.later(at, self.clock):
            other = self._outcome(cron, then)
            for name in sorted(outcome.names ^ other.names):
                here = name in outcome.names
                if name not in (other.maybe if here else outcome.maybe):
                    told = "does not run" if here else "runs, though it is not due"
                    self.runs.late.setdefault(
                        name, (cron.text, f"{told} where '{cron.text}' of {at:%H:%M} starts at {then:%H:%M}")
                    )

    def _outcome(self, cron: Cron, at: datetime) -> Outcome:
        # Where no script asks for the schedule, all of them are one.
        key = (cron.text if self.by_schedule else "", self.clock.key(at))
        if key not in self.known:
            self.known[key] = self._judged(self._ways(cron, at, 0))
        return self.known[key]

    def _lost(self, cron: Cron, at: datetime, outcome: Outcome) -> None:
        """Does the workflow end well though the sync has failed?"""
        names = outcome.names
        if not names - self.runs.lost:
            return
        if any(not way.failed and any(self._real(way)) for way in self._ways(cron, at, 1)):
            self.runs.lost |= names

    def _ways(self, cron: Cron, at: datetime, status: int) -> list[Way]:
        return follow(
            self.workflow,
            Asked(
                cron.text, at, lambda words: None if self.starts.read(words) is None else status, self._matters
            ),
        )

    def _matters(self, text: str) -> bool:
        return self.starts.named(text) or any(
            word in text for word in ("GITHUB_OUTPUT", "GITHUB_ENV", "::set-output")
        )

    def _judged(self, ways: list[Way]) -> Outcome:
        """A way on which something else fails before the sync begins is told by GitHub, and is no way to judge by."""
        rows: list[Counter[str]] = []
        dry: set[str] = set()
        for way in ways:
            row: Counter[str] = Counter()
            for step, line, each in self._started(way):
                self._noted(step, line, each)
                if each.dry:
                    dry |= each.targets
                else:
                    row.update(each.targets)
            if row or not way.failed:
                rows.append(row)
            self._octal(way)
        every = set.intersection(*(set(row) for row in rows)) if rows else set()
        some = {name for row in rows for name in row}
        most = tuple((name, max(row[name] for row in rows)) for name in sorted(every))
        return Outcome(most, frozenset(some - every), frozenset(dry))

    def _started(self, way: Way) -> Iterator[tuple[str, int, Started]]:
        for command in way.commands:
            try:
                started = self.starts.read(command.words)
            except Unreadable as error:
                raise Unread(command.step, error.reason, command.line) from None
            if started is not None:
                yield command.step, command.line, started

    def _real(self, way: Way) -> Iterator[bool]:
        return (True for _, _, each in self._started(way) if not each.dry and each.targets)

    def _noted(self, step: str, line: int, each: Started) -> None:
        for name in each.unknown:
            self._problem(step, f"'{name}' is no target of sync.yaml", "unknown-target", line)
        if each.summary:
            self.written.add(each.summary)
        elif not each.dry and each.summary is None:
            self._problem(
                step, "runs the sync without --summary-json: no summary is written", "no-summary", line
            )

    def _octal(self, way: Way) -> None:
        for step, line in way.octal:
            self._problem(
                step, "reads the hours 08 and 09 as octal numbers, which is an error; 10#$hour is decimal",
                "octal", line,
            )  # fmt: skip

    def crons(self) -> Iterator[Problem]:
        due: Times = {}
        for target in self.found.targets.values():
            if target.schedule is not None:
                timing.add(due, timing.times(target.schedule))
        for cron in self.valid:
            if cron.text in self.runs.unread:
                continue
            times = timing.times(cron.text)
            if timing.without(times, due) == times:
                yield Problem(cron.text, "no target of sync.yaml is due then", "no-target", cron.line)
            elif not self.runs.by_cron.get(cron.text) and cron.text not in self.runs.perhaps:
                yield Problem(cron.text, "starts no target", "no-target", cron.line)

    def targets(self) -> Iterator[Problem]:
        for target in self.found.targets.values():
            yield from self._target(target)

    def _line(self) -> int:
        return self.workflow.crons[0].line if self.workflow.crons else 1

    def _target(self, target: Target) -> Iterator[Problem]:
        name, runs, line = target.name, self.runs, self._line()
        due: Times = {} if target.schedule is None else timing.times(target.schedule)
        once, maybe = runs.once.get(name, {}), runs.maybe.get(name, {})
        yield from self._missing(target, due, once, maybe)
        if extra := timing.without(once, due):
            by = ", ".join(f"'{cron}'" for cron, names in runs.by_cron.items() if name in names)
            yield Problem(name, f"runs {timing.told(extra)} (of {by}), when it is not due", "not-due", line)
        if again := runs.twice.get(name):
            yield Problem(name, f"runs twice {timing.told(again)}", "twice", line)
        if name in runs.late:
            yield Problem(name, f"the clock decides: it {runs.late[name][1]}", "late", line)
        if name in runs.lost:
            yield Problem(name, "the workflow ends well though its sync has failed", "exit-lost", line)
        if maybe:
            yield Problem(
                name, f"whether it runs {timing.told(maybe)} only a run can tell: a condition cannot be read",
                "unread", line,
            )  # fmt: skip

    def _missing(self, target: Target, due: Times, once: Times, maybe: Times) -> Iterator[Problem]:
        """What a cron that is unread may start is not told to be missing."""
        if not due:
            return
        told: Times = {}
        unread: Times = dict(maybe)
        for cron in self.valid:
            timing.add(told, timing.times(cron.text))
            if cron.text in self.runs.unread:
                timing.add(unread, timing.times(cron.text))
        name, line = target.name, self._line()
        if left := timing.without(due, told):
            text = f"its schedule '{target.schedule}' is no cron of the workflow: nothing starts it {timing.told(left)}"
            yield Problem(name, text, "no-cron", line)
        missing = timing.without(timing.without(timing.without(due, once), unread), left)
        if not missing:
            return
        dry = ", but for previews" if name in self.runs.dry else ""
        if not once and not left:
            yield Problem(name, f"is due {timing.told(missing)} and never runs{dry}", "never-runs", line)
        else:
            yield Problem(name, f"is due {timing.told(missing)} and does not run then{dry}", "missed", line)
