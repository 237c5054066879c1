"""What the probes say of a run, judged by the same code without a run of pytest: of hundreds of faults each is cheap.

`test_sensitivity.py` holds it to what pytest itself says.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from compliance.probing import Broken, Unlooked, looks, probe_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from compliance.core.finding import Judgement
    from compliance.probing import Run
    from compliance.systems.protocol import Facts


class Probe(NamedTuple):
    """A probe's rule, and over which subjects it is asked."""

    id: str
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
    found = []
    for name, function in vars(module).items():
        if name.startswith("test_"):
            marks = {mark.name: mark for mark in function.pytestmark}
            asked = _Asked()
            function(asked)
            found.append(Probe(marks["rule"].args[0], marks["each"].args[0], asked.rule))
    return found


def said(run: Run) -> tuple[frozenset[str], frozenset[str], str]:
    """The rules that have a broken case, those that have one that could not look, and what all of these say."""
    broken, blind, told = set(), set(), []
    for probe in probes():
        for look in looks(run, probe.each):
            try:
                look.expect_none(probe.rule)
            except Broken as found:
                broken.add(probe.id)
                told.append(f"{probe.id} {look.subject} broken: {found}")
            except Unlooked as found:
                blind.add(probe.id)
                told.append(f"{probe.id} {look.subject}: {found}")
            except pytest.skip.Exception:
                continue
    return frozenset(broken), frozenset(blind), "\n".join(told)
