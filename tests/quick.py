"""What the probes say of a run, judged by the same code without a run of pytest: of hundreds of runs each is cheap.

`test_sensitivity.py` holds it to what pytest itself says.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from compliance.core.verdict import Case, Rule, gate
from compliance.probing import Broken, Unlooked, looks, probe_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from compliance.core.finding import Judgement
    from compliance.core.verdict import Verdict
    from compliance.probing import Look, Run
    from compliance.systems.protocol import Facts


class Probe(NamedTuple):
    """What a probe says of itself, over which subjects it is asked, and the function that judges."""

    said: Rule
    each: str
    rule: Any


class _Asked:
    """Stands where a look would, to be told the rule."""

    rule: Any = None

    def expect_none(self, rule: Callable[[Facts], Iterable[Judgement]]) -> None:
        self.rule = rule


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
    return [_probe(function) for name, function in vars(module).items() if name.startswith("test_")]


def _probe(function: Any) -> Probe:
    marks = {mark.name: mark for mark in function.pytestmark}
    asked = _Asked()
    function(asked)
    each = marks["each"].args[0]
    said = Rule(
        id=marks["rule"].args[0], system=each.partition(".")[0], title=function.__doc__, why="", remedy="",
        **marks["rule"].kwargs,
    )  # fmt: skip
    return Probe(said, each, asked.rule)


def verdict(run: Run) -> Verdict:
    """As the gate makes it of what the cases came to."""
    cases = [
        _case(probe, look)
        for probe in probes()
        if probe.said.system in run.policies
        for look in looks(run, probe.each)
    ]
    seen = run.observation
    return gate(cases, observation=seen.digest, policy=run.policies.digest, blind=seen.blind)


def _case(probe: Probe, look: Look) -> Case:
    try:
        look.expect_none(probe.rule)
    except Broken as found:
        return Case(probe.said, look.subject, "broken", found.findings)
    except Unlooked as found:
        return Case(probe.said, look.subject, "could_not_look", reason=found.reason)
    except pytest.skip.Exception as found:
        return Case(probe.said, look.subject, "not_applicable", reason=str(found))
    return Case(probe.said, look.subject, "kept")
