"""What the probes say of a run, judged by the same code without a run of pytest: of hundreds of runs each is cheap.

Of a system whose sections are all as they were in an earlier run, by the same policies, that one's judgements are
taken over: rules are functions of both. `test_sensitivity.py` holds all this to what pytest itself says.
"""

from __future__ import annotations

import importlib.util
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from compliance.core import population
from compliance.core.observation import Observation, Seen
from compliance.core.verdict import Case, Rule, gate
from compliance.outcomes import Broken, ItsWaived, Unlooked
from compliance.probing import Run, looks, probe_folder
from compliance.pytest_plugin import rule_of
from compliance.scoping import names_of
from compliance.waiving import POPULATION, asked

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
    """Sections, and which of them somebody asked for, in whatever way."""

    def __init__(self, sections: Any) -> None:
        super().__init__(sections)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        self.asked |= super().keys()
        return super().__iter__()

    def items(self) -> Any:
        self.asked |= super().keys()
        return super().items()

    values = keys = items


class _Known(NamedTuple):
    """What a system's rules said of a run, and all the sections that they asked for."""

    asked: frozenset[str]
    judged: dict[Any, Judged]


_TIMES: Counter[str] = Counter()
_EARLIER: dict[str, tuple[Run, list[_Known]]] = {}


def _take_over(run: Run) -> None:
    """From the second run by the same policies, where it says the same to a system."""
    digest = run.policies.digest
    _TIMES[digest] += 1
    if _TIMES[digest] == 2:
        _EARLIER[digest] = (run, [_known(run, system) for system in run.policies])
    if _TIMES[digest] < 2:
        return
    earlier, known = _EARLIER[digest]
    before, now = earlier.observation.sections, run.observation.sections
    other = {name for name in before.keys() | now.keys() if not _same(before.get(name), now.get(name))}
    for each in known:
        if each.asked.isdisjoint(other):
            run._judged.update(each.judged)


def _known(run: Run, system: str) -> _Known:
    """Judged anew, over an observation that nothing is remembered of yet."""
    sections = _Recorded(run.observation.sections)
    anew = Run(
        run.estate, run.policies, Observation(run.observation.estate, run.observation.observed_at, sections)
    )
    for probe in probes():
        if (
            probe.said.system == system and probe.each != POPULATION
        ):  # which is judged by time, and by other rules
            anew.judged(probe.rule, system)
    return _Known(frozenset(sections.asked), anew._judged)


def _same(one: Any, other: Any) -> bool:
    """But for the time that it took to look."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Seen):
        return one.facts == other.facts
    return one is None or (one.reason, one.unavailable) == (other.reason, other.unavailable)


def verdict(run: Run, *, anew: bool = False) -> Verdict:
    """As the gate makes it of what the cases came to. `anew`: without what is known of earlier runs."""
    if not anew:
        _take_over(run)
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
