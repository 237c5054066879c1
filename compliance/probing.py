"""What a run of the probes knows: estate, policies, observation, and what each rule said, judged once for all cases."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from compliance.core import aging, canonical
from compliance.core.collecting import uncollected
from compliance.core.errors import ConfigurationError, CouldNotLook
from compliance.core.finding import Finding, Judgement, NotApplicable, Unseen
from compliance.core.history import cases_of
from compliance.core.moments import a_time, now
from compliance.core.observation import Blind, Observation, SourceUnavailable
from compliance.core.verdict import Waived
from compliance.core.waivers import in_full
from compliance.core.waivers import told as told_waived
from compliance.estate import config
from compliance.estate.resources import resource
from compliance.gating import Gating
from compliance.outcomes import Broken, ItsWaived, Unlooked
from compliance.systems import SYSTEMS, Policies, system
from compliance.systems.protocol import Facts, Judged, Rule
from compliance.waiving import POPULATION, Waiving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from compliance.core import verdict
    from compliance.core.history import Known
    from compliance.core.waivers import Waiver
    from compliance.estate.config import Estate

REST = "(all others)"
ALL = "(all)"


class Run:
    """One observation, judged. Rules are functions of it, so each is called once, however many cases it has.

    `judged_at`: the time by which what expires is judged (UTC, ISO 8601); none: now. `current`: of the observation what
    may still be judged then.
    """

    def __init__(
        self, estate: Estate, policies: Policies, observation: Observation, judged_at: str | None = None
    ) -> None:
        self.estate, self.policies, self.observation = estate, policies, observation
        self.judged_at = now() if judged_at is None else a_time(judged_at)
        limits = policies["platform"].max_age if "platform" in policies else {}
        self.current = aging.as_of(observation, limits, self.judged_at)
        self.waiving = Waiving(policies, self.judged_at, self.judged, self.unlooked)
        self.gating = Gating(policies, estate, self.waiving.rules)
        self.known: Mapping[str, Known] | None = None  # what earlier audits found, where they are kept
        self.copied: frozenset[str] = frozenset()  # files of policy of which the report has a copy to link to
        self.readings: dict[Rule, tuple[str, ...]] = {}  # by rule what it read, as a reader of a case is told
        self.nodeids: Mapping[tuple[str, str], str] = {}  # by rule and subject of each case that was probed
        self._judged: dict[Rule, Judged] = {}
        self._evidence: dict[Rule, bytes] = {}
        self._sections: dict[str, canonical.Spelled] = {}

    @cached_property
    def was_open(self) -> frozenset[str]:
        """The cases ('rule:subject') of which earlier audits found something that is not known to be gone."""
        return frozenset(
            name for key, found in (self.known or {}).items() if found.open for name in cases_of(key)
        )

    def subjects(self, each: str) -> list[str]:
        """The subjects of `system` or `system.population`; a system that is not in force has none."""
        name, _, population = each.partition(".")
        if name not in SYSTEMS:
            raise ConfigurationError(f"each('{each}'): no system '{name}'; there are {', '.join(SYSTEMS)}")
        if name not in self.policies:
            return []
        if not population:
            return [ALL]
        if name == "platform" and (beside := self.policies.named(population)) is not None:
            return beside
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
        facts = Facts(
            system_name, self.policies, self.current, set(), self.waiving.judgements, self.gating.judgements,
            self.gating.controls,
        )  # fmt: skip
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
        self.gating.reads(system_name, judged.sections)
        return judged

    def unlooked(self, judged: Judged) -> CouldNotLook | None:
        """A rule that gets along without a section per subject saw none of the others if it saw no section at all."""
        found = [self.current.sections.get(name) for name in judged.sections]
        blind = [section for section in found if isinstance(section, Blind)]
        if not blind or len(blind) < len(found):
            return None
        failed = next((section for section in blind if not section.unavailable), None)
        return CouldNotLook(failed.reason) if failed else SourceUnavailable(blind[0].reason)

    def evidence(self, rule: Rule, system_name: str) -> bytes:
        """What a rule read, once for all of its cases: each section with its query, its time and its facts."""
        found = self._evidence.get(rule)
        if found is None:
            judged = self.judged(rule, system_name)
            content = {
                "observation": self.observation.digest,
                "observed_at": self.observation.observed_at,
                "sections": {name: self._spelled(name) for name in judged.sections},
            }
            found = self._evidence[rule] = canonical.pretty(content | judged.notes()).encode()
        return found

    def _spelled(self, name: str) -> canonical.Spelled:
        """Remembered, as many rules read the same."""
        if name not in self._sections:
            self._sections[name] = canonical.spelled(self._section(name))
        return self._sections[name]

    def _section(self, name: str) -> dict[str, Any]:
        section = self.current.sections.get(name)
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
    said: verdict.Rule | None = None
    rule: Rule | None = None
    waived: tuple[str, ...] = ()

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
        if self.subject == REST and (failure := self.run.unlooked(judged)):
            _refuse(failure)
        self._conclude(self._mine(judged), self.run.waiving.waived(self.said, judged))

    def _mine(self, judged: Judged) -> list[Judgement]:
        if self.subject in (ALL, REST):
            named = self.others
            return [j for subject, js in judged.by_subject.items() if subject not in named for j in js]
        return judged.by_subject.get(self.subject, [])

    def _conclude(self, mine: list[Judgement], waivers: Mapping[str, Waiver]) -> None:
        __tracebackhide__ = True
        findings = [j for j in mine if isinstance(j, Finding)]
        if unseen := [j for j in mine if isinstance(j, Unseen)]:
            raise Unlooked("; ".join(j.reason for j in unseen))
        if findings:
            self._broken_or_waived(findings, waivers)
        if excluded := [j for j in mine if isinstance(j, NotApplicable)]:
            pytest.skip(excluded[0].reason)

    def _broken_or_waived(self, findings: list[Finding], waivers: Mapping[str, Waiver]) -> NoReturn:
        __tracebackhide__ = True
        rule = self.said.id if self.said else ""
        by = {f: waivers[f.key(rule)] for f in findings if f.key(rule) in waivers}
        self.waived = tuple(in_full(f, by[f], rule) for f in findings if f in by)
        waived = [Waived(f, by[f].id) for f in findings if f in by]
        told = [told_waived(f, by[f]) for f in findings if f in by]
        if len(waived) == len(findings):
            raise ItsWaived(waived, "; ".join(told))
        broken = [f for f in findings if f not in by]
        raise Broken(broken, "\n".join([*(f"{f.subject}: {f.message}" for f in broken), *told]), waived)


def _refuse(failure: CouldNotLook) -> NoReturn:
    __tracebackhide__ = True
    if isinstance(failure, SourceUnavailable):
        pytest.skip(failure.message)
    raise Unlooked(failure.message)


def looks(run: Run, each: str, said: verdict.Rule | None = None) -> list[Look]:
    """One look a subject, one for all that policy does not name, and where there is nothing a reason for that.

    `said`: the rule that is asked; without it nothing is waived.
    """
    name, _, population = each.partition(".")
    subjects = run.subjects(each)
    if name not in run.policies:
        why = f"{name} is not in force on estate '{run.estate.name}'"
        return [Look(run, name, ALL, frozenset(), why, said)]
    if subjects == [ALL]:
        return [Look(run, name, ALL, frozenset(), said=said)]
    found = [Look(run, name, s, frozenset(), said=said) for s in subjects]
    if not subjects:
        why = f"policy declares no {population}"
        found = [Look(run, name, f"(no {population})", frozenset(), why, said)]
    # A waiver that policy does not name is none; of everything else there may be more than policy names.
    rest = [] if each == POPULATION else [Look(run, name, REST, frozenset(subjects), said=said)]
    return [*found, *rest]


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
