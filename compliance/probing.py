"""What a run of the probes knows: estate, policies, observation, and what each rule said, judged once for all cases."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from compliance.core import canonical
from compliance.core.collecting import uncollected
from compliance.core.errors import ConfigurationError, CouldNotLook
from compliance.core.finding import Finding, Judgement, NotApplicable, Note, Unseen
from compliance.core.observation import Blind, Observation, SourceUnavailable
from compliance.systems import SYSTEMS, Policies, system
from compliance.systems.protocol import Facts, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from compliance.estate.config import Estate
from pathlib import Path

from compliance.estate import config
from compliance.estate.resources import resource

REST = "(all others)"
ALL = "(all)"


class Broken(pytest.fail.Exception):  # type: ignore[name-defined,misc]
    """Findings, as what pytest calls a failure: shown without a traceback, which says nothing about an estate."""

    def __init__(self, findings: Sequence[Finding], text: str) -> None:
        super().__init__(text, pytrace=False)
        self.findings = tuple(findings)


class Unlooked(pytest.fail.Exception):  # type: ignore[name-defined,misc]
    """A look that failed, as what pytest calls a failure: without a traceback, which costs 0.3 s a case to render."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"could not look: {reason}", pytrace=False)
        self.reason = reason


@dataclass
class Judged:
    """What a rule said, by subject; or why it could say nothing."""

    by_subject: dict[str, list[Judgement]] = field(default_factory=dict)
    failure: CouldNotLook | None = None
    sections: tuple[str, ...] = ()

    def notes(self) -> dict[str, Any]:
        """What the rule wants kept with its evidence."""
        found = [j for judgements in self.by_subject.values() for j in judgements if isinstance(j, Note)]
        return {"notes": {note.title: note.content for note in found}} if found else {}


class Run:
    """One observation, judged. Rules are functions of it, so each is called once, however many cases it has.

    `judged_at`: the time by which what expires is judged (UTC, ISO 8601); none: now.
    """

    def __init__(
        self, estate: Estate, policies: Policies, observation: Observation, judged_at: str | None = None
    ) -> None:
        self.estate, self.policies, self.observation = estate, policies, observation
        self.judged_at = now() if judged_at is None else a_time(judged_at)
        self._judged: dict[Rule, Judged] = {}
        self._evidence: dict[Rule, bytes] = {}

    def subjects(self, each: str) -> list[str]:
        """The subjects of `system` or `system.population`; a system that is not in force has none."""
        name, _, population = each.partition(".")
        if name not in SYSTEMS:
            raise ConfigurationError(f"each('{each}'): no system '{name}'; there are {', '.join(SYSTEMS)}")
        if name not in self.policies:
            return []
        if not population:
            return [ALL]
        if (name, population) == ("platform", "policies"):
            return list(self.policies)
        try:
            return list(system(name).names(self.policies[name], population))
        except KeyError:
            raise ConfigurationError(f"each('{each}'): {name} has no population '{population}'") from None

    def judged(self, rule: Rule, system_name: str) -> Judged:
        """What a rule said of everything, remembered."""
        found = self._judged.get(rule)
        if found is None:
            found = self._judged[rule] = self._judge(rule, system_name)
        return found

    def _judge(self, rule: Rule, system_name: str) -> Judged:
        facts = Facts(system_name, self.policies, self.observation)
        judged = Judged()
        try:
            with uncollected():
                for judgement in rule(facts):
                    judged.by_subject.setdefault(judgement.subject, []).append(judgement)
        except CouldNotLook as error:
            judged = Judged(failure=error)
        except Exception as error:
            judged = Judged(failure=CouldNotLook(f"the rule failed: {_told(error)}"))
        judged.sections = tuple(sorted(facts.sections))
        return judged

    def evidence(self, rule: Rule, system_name: str) -> bytes:
        """What a rule read, once for all of its cases: each section with its query, its time and its facts."""
        found = self._evidence.get(rule)
        if found is None:
            judged = self.judged(rule, system_name)
            content = {
                "observation": self.observation.digest,
                "observed_at": self.observation.observed_at,
                "sections": {name: self._section(name) for name in judged.sections},
            }
            found = self._evidence[rule] = canonical.pretty(content | judged.notes()).encode()
        return found

    def _section(self, name: str) -> dict[str, Any]:
        section = self.observation.sections.get(name)
        if section is None:
            return {"blind": "not held by this observation"}
        origin = section.provenance
        head = {"source": origin.source, "query": origin.query, "at": origin.at, "seconds": origin.seconds}
        return head | ({"blind": section.reason} if isinstance(section, Blind) else {"facts": section.facts})


@dataclass(eq=False, slots=True)
class Look:
    """A case's view of the run: its subject, and the one place where findings become an outcome."""

    run: Run
    system: str
    subject: str
    others: frozenset[str]
    not_applicable: str = ""
    rule: Rule | None = None

    def __repr__(self) -> str:
        return self.subject

    def expect_none(self, rule: Callable[[Facts], Iterable[Judgement]]) -> None:
        """Fail once, with all that the rule found about this subject."""
        __tracebackhide__ = True
        if self.not_applicable:
            pytest.skip(self.not_applicable)
        self.rule = rule
        judged = self.run.judged(rule, self.system)
        if judged.failure is not None:
            _refuse(judged.failure)
        if self.subject == REST:
            self._not_all_blind(judged.sections)
        self._conclude(self._mine(judged))

    def _not_all_blind(self, sections: Sequence[str]) -> None:
        """A rule that gets along without a section per subject saw none of the others if it saw no section at all."""
        __tracebackhide__ = True
        found = [self.run.observation.sections.get(name) for name in sections]
        blind = [section for section in found if isinstance(section, Blind)]
        if blind and len(blind) == len(found):
            failed = next((section for section in blind if not section.unavailable), None)
            _refuse(CouldNotLook(failed.reason) if failed else SourceUnavailable(blind[0].reason))

    def _mine(self, judged: Judged) -> list[Judgement]:
        if self.subject in (ALL, REST):
            named = self.others
            return [j for subject, js in judged.by_subject.items() if subject not in named for j in js]
        return judged.by_subject.get(self.subject, [])

    def _conclude(self, mine: list[Judgement]) -> None:
        __tracebackhide__ = True
        findings = [j for j in mine if isinstance(j, Finding)]
        if unseen := [j for j in mine if isinstance(j, Unseen)]:
            raise Unlooked("; ".join(j.reason for j in unseen))
        if findings:
            raise Broken(findings, "\n".join(f"{f.subject}: {f.message}" for f in findings))
        if excluded := [j for j in mine if isinstance(j, NotApplicable)]:
            pytest.skip(excluded[0].reason)


def _refuse(failure: CouldNotLook) -> NoReturn:
    __tracebackhide__ = True
    if isinstance(failure, SourceUnavailable):
        pytest.skip(failure.message)
    raise Unlooked(failure.message)


def looks(run: Run, each: str) -> list[Look]:
    """One look a subject, one for all that policy does not name, and where there is nothing a reason for that."""
    name, _, population = each.partition(".")
    subjects = run.subjects(each)
    if name not in run.policies:
        return [Look(run, name, ALL, frozenset(), f"{name} is not in force on estate '{run.estate.name}'")]
    if subjects == [ALL]:
        return [Look(run, name, ALL, frozenset())]
    if not subjects:
        empty = Look(run, name, f"(no {population})", frozenset(), f"policy declares no {population}")
        return [empty, Look(run, name, REST, frozenset())]
    return [*(Look(run, name, s, frozenset()) for s in subjects), Look(run, name, REST, frozenset(subjects))]


def estate_file(given: str | None) -> Path:
    """The file named, or the embedded reference estate's: with the services beside it while they run."""
    if given:
        return Path(given)
    from compliance.estate.reference_build import live_estate_file

    if live_estate_file().exists():
        from compliance.estate import reference_live

        if (live := reference_live.running()) is not None:
            return Path(live.estate_file)
    return resource("fixtures/reference/estate.yaml")


def load(file: Path) -> tuple[Estate, Policies]:
    """An estate and the policies of its systems in force; a system that is not known is an error with its line."""
    estate = config.load(file)
    config.unknown_systems(file, estate.systems, SYSTEMS)
    return estate, Policies.load(estate)


def look(
    file: Path, recorded: Path | None = None, report: Callable[[str], None] = lambda _: None,
    judged_at: str | None = None,
) -> Run:  # fmt: skip
    """Load estate and policies and observe once, or read what was observed."""
    estate, policies = load(file)
    if recorded is not None:
        return Run(estate, policies, _recorded(recorded, estate), judged_at)
    from compliance.estate.observe import embedded_or_nothing

    with embedded_or_nothing(estate) as running:
        return Run(running, policies, observed(running, policies, report), judged_at)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def a_time(text: str) -> str:
    """In its one spelling, in UTC. Raises `ConfigurationError` where it is none, or of no known zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ConfigurationError(f"'{text}' is no time", remedy="as in 2026-01-31T12:00:00+00:00")
    return found.astimezone(UTC).isoformat(timespec="seconds")


def observed(estate: Estate, policies: Policies, report: Callable[[str], None]) -> Observation:
    """One look at an estate that runs."""
    from compliance.estate.observe import observe

    return observe(estate, policies.needs(), report=report)


def _recorded(path: Path, estate: Estate) -> Observation:
    """What was observed of this estate: another's would be judged by rules that are not made for it."""
    found = Observation.from_json(_bytes(path), str(path))
    if found.estate != estate.name:
        raise ConfigurationError(
            f"{path}: is an observation of estate '{found.estate}', not of '{estate.name}'",
            remedy="name the estate.yaml that it was observed with",
        )
    return found


def _told(error: Exception) -> str:
    """What went wrong, and in which line of the rule."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from None


def probe_folder() -> Path:
    """The probes that come with the program."""
    return resource("probes")
