"""What the probes say of a run, judged by the same code without a run of pytest: of hundreds of runs each is cheap.

Where all sections and policies that a rule asks for are as they were in an earlier run, that one's judgement is taken
over: rules are functions of both. `test_sensitivity.py` holds all this to what pytest itself says.
"""

from __future__ import annotations

import importlib.util
from collections import Counter
from functools import cache
from operator import eq
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from compliance.core import canonical, population
from compliance.core.observation import Observation, Seen
from compliance.core.verdict import Case, Rule, gate
from compliance.outcomes import Broken, ItsWaived, Unlooked
from compliance.probing import Run, looks, probe_folder
from compliance.pytest_plugin import rule_of
from compliance.scoping import names_of
from compliance.waiving import asked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.verdict import Verdict
    from compliance.probing import Look
    from compliance.systems.protocol import Judged


class Probe(NamedTuple):
    """What a probe says of itself, over which subjects it is asked, and the function that judges."""

    said: Rule
    each: str
    rule: Any


@cache
def probes() -> tuple[Probe, ...]:
    """Of every file."""
    return tuple(probe for path in sorted(probe_folder().glob("*/test_*.py")) for probe in _of(str(path)))


def _of(path: str) -> list[Probe]:
    spec = importlib.util.spec_from_file_location("probe", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [_probe(module, function) for name, function in vars(module).items() if name.startswith("test_")]


def _probe(module: Any, function: Any) -> Probe:
    marks = {mark.name: mark for mark in function.pytestmark}
    each = marks["each"].args[0]
    return Probe(rule_of(function, module.__doc__, marks["rule"], each), each, asked(function))


class _Recorded(dict[str, Any]):
    """Sections or policies, and which of them somebody asked for, in whatever way."""

    def __init__(self, held: Any, kind: str, asked: set[tuple[str, str]]) -> None:
        super().__init__(held)
        self.kind, self.asked = kind, asked

    def _ask(self, *names: object) -> None:
        self.asked.update((self.kind, str(name)) for name in names)

    def __getitem__(self, name: str) -> Any:
        self._ask(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._ask(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self._ask(name)
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        self._ask(ALL, *super().keys())
        return super().__iter__()

    def items(self) -> Any:
        self._ask(ALL, *super().keys())
        return super().items()

    def keys(self) -> Any:
        self._ask(ALL, *super().keys())
        return super().keys()

    def values(self) -> Any:
        self._ask(ALL, *super().keys())
        return super().values()


class _Timed(Observation):
    """Whose time somebody asks for is of one run alone."""

    def __getattribute__(self, name: str) -> Any:
        if name == "observed_at":
            super().__getattribute__("sections").asked.add(RUN)
        return super().__getattribute__(name)


class _Known(NamedTuple):
    """What a rule said of a run, and which sections and policies it asked for."""

    asked: frozenset[tuple[str, str]]
    judged: Judged


ALL = "(which there are)"
RUN = ("run", "")  # what no section and no policy holds: its time, other rules, what was accepted of the gates
_BASES: list[tuple[Run, dict[Any, _Known]]] = []
_TIMES: Counter[str] = Counter()


def taken_over(run: Run) -> dict[Any, Judged]:
    """Of the first run of all, and of one by the same policies, what a rule would say again."""
    digest = run.policies.digest
    _TIMES[digest] += 1
    if not _BASES or (_TIMES[digest] == 2 and all(base.policies.digest != digest for base, _ in _BASES)):
        there = (probe for probe in probes() if probe.said.system in run.policies)
        _BASES.append((run, {probe.rule: _known(run, probe) for probe in there}))
    found = {}
    for base, known in _BASES:
        if base.observation.estate == run.observation.estate:
            other = _other(base, run)
            found.update({rule: each.judged for rule, each in known.items() if each.asked.isdisjoint(other)})
    return found


def _other(base: Run, run: Run) -> set[tuple[str, str]]:
    """What is not the same in both."""
    found = {RUN}
    for kind, before, now, same in (
        ("section", base.current.sections, run.current.sections, _same),
        ("policy", base.policies.digests, run.policies.digests, eq),
    ):
        names = before.keys() | now.keys()
        found.update((kind, name) for name in names if not same(before.get(name), now.get(name)))
        if before.keys() != now.keys():
            found.add((kind, ALL))
    return found


def _known(run: Run, probe: Probe) -> _Known:
    """Judged anew, over an observation that nothing is remembered of yet."""
    asked: set[tuple[str, str]] = set()
    anew = Run(run.estate, run.policies, run.observation, run.judged_at)
    anew.current = _Timed(
        run.observation.estate, run.observation.observed_at, _Recorded(run.current.sections, "section", asked)
    )
    anew.policies = _Recorded(run.policies, "policy", asked)  # type: ignore[assignment]

    def of_this_run() -> tuple[()]:
        asked.add(RUN)
        return ()

    for of_run in (anew.waiving, anew.gating):
        of_run.judgements = of_this_run  # type: ignore[method-assign,assignment]
    anew.gating.controls = of_this_run  # type: ignore[method-assign,assignment]
    judged = anew.judged(probe.rule, probe.said.system)
    return _Known(frozenset(asked), judged)


def _same(one: Any, other: Any) -> bool:
    """But for the time that it took to look."""
    if one is other or type(one) is not type(other):
        return one is other
    if isinstance(one, Seen):  # Python holds 1 and True equal; a rule need not
        return one.facts == other.facts and canonical.dumps(one.facts) == canonical.dumps(other.facts)
    return (one.reason, one.unavailable) == (other.reason, other.unavailable)


def verdict(run: Run, *, anew: bool = False) -> Verdict:
    """As the gate makes it of what the cases came to. `anew`: without what is known of earlier runs."""
    if not anew:
        run._judged.update(taken_over(run))
    for probe in probes():
        if probe.said.system in run.policies:
            run.waiving.know(probe.said, probe.rule)
    cases: list[Case] = []
    names: dict[str, dict[str, tuple[str, ...]]] = {}
    for probe in probes():
        if probe.said.system in run.policies:
            found = looks(run, probe.each, probe.said)
            names.setdefault(probe.said.system, {}).update(names_of(probe.each, found))
            cases += (_case(probe, look) for look in found)
    seen = run.observation
    return gate(
        cases,
        observation=seen.digest,
        policy=run.policies.digest,
        judged_at=run.judged_at,
        blind=run.current.blind,
        population=population.whole(names, cases),
    )


def _case(probe: Probe, look: Look) -> Case:
    try:
        look.expect_none(probe.rule)
    except Broken as found:
        return Case(probe.said, look.subject, "broken", found.findings, waived=found.waived)
    except Unlooked as found:
        return Case(probe.said, look.subject, "could_not_look", reason=found.reason)
    except ItsWaived as found:
        return Case(probe.said, look.subject, "waived", reason=found.reason, waived=found.waived)
    except pytest.skip.Exception as found:
        return Case(probe.said, look.subject, "not_applicable", reason=str(found))
    return Case(probe.said, look.subject, "kept")
