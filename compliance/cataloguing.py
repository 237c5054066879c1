"""What each probe says of itself, read from its file: neither an estate nor pytest has to run for that."""

from __future__ import annotations

import difflib
import importlib.util
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pytest

from compliance.core import marks
from compliance.core.errors import ConfigurationError
from compliance.core.observation import Observation, Provenance, Seen
from compliance.estate.resources import resource
from compliance.pytest_plugin import rule_of
from compliance.systems.protocol import Facts
from compliance.waiving import asked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from compliance.core.verdict import Rule

FAULTS = "fixtures/faults"


class Probe(NamedTuple):
    """A rule, over which subjects it is asked (`system[.population]`), and where it is written."""

    rule: Rule
    each: str
    file: Path
    function: str


def probes(own: Path | None = None) -> tuple[Probe, ...]:
    """Those that come with the program, and those of a folder or file of the user's, in the order of ids."""
    found = [*_below(resource("probes")), *(_below(own) if own else [])]
    seen: dict[str, Probe] = {}
    for probe in found:
        if (other := seen.setdefault(probe.rule.id, probe)) is not probe:
            raise ConfigurationError(
                f"{probe.file}: {probe.rule.id} is the id of {other.file} already",
                remedy="give the rule an id of its own",
            )
    return tuple(sorted(found, key=lambda each: (each.rule.system, each.rule.id)))


def named(rule: str, known: tuple[Probe, ...]) -> Probe:
    """The probe of a rule; an id that nobody has is an error with the nearest ones."""
    by = {probe.rule.id: probe for probe in known}
    if (found := by.get(rule) or by.get(rule.upper())) is not None:
        return found
    near = difflib.get_close_matches(rule.upper(), by, n=3, cutoff=0.5)
    hint = f"; nearest: {', '.join(near)}" if near else ""
    raise ConfigurationError(f"no rule '{rule}'{hint}", remedy="`compliance rules` lists them all")


def faults(rule: str) -> Path | None:
    """What breaks the rule and what must not, where that is kept."""
    file = resource(FAULTS) / f"{rule}.sql"
    return file if file.is_file() else None


def asks(probe: Probe, policies: Mapping[str, Any]) -> tuple[str, ...]:
    """The sections that its rule asks for of an estate in which nothing is: those at least it reads anywhere, and what
    it reads only where it finds something, no one can know before."""
    judge = _judge(probe)
    if judge is None or probe.rule.system not in policies:
        return ()
    empty = _Empty()
    facts = Facts(probe.rule.system, policies, Observation("", "", empty))
    with suppress(Exception):  # a rule that cannot go on without a fact asks no further
        for _ in judge(facts):
            pass
    return tuple(sorted(empty.asked | facts.sections))


class _Empty(dict[str, Any]):
    """Sections of an estate in which each was seen and holds nothing; `asked`: the names that somebody wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def __missing__(self, name: str) -> Seen[Any]:
        self.asked.add(name)
        return Seen((), Provenance("", "", "", 0.0))

    def get(self, name: str, _default: Any = None) -> Any:
        return self[name]


def _judge(probe: Probe) -> Any:
    """The function that judges; None where the probe asks in a way of its own."""
    spec = importlib.util.spec_from_file_location(f"probe_{probe.rule.id}", probe.file)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return asked(getattr(module, probe.function))


def _below(place: Path) -> Iterator[Probe]:
    if not place.exists():
        raise ConfigurationError(f"{place}: there is no such folder or file of probes")
    for file in sorted(place.rglob("test_*.py")) if place.is_dir() else [place]:
        yield from _of(file)


def _of(file: Path) -> Iterator[Probe]:
    """As pytest would be told it (`pytest_plugin.rule_of`)."""
    for each in marks.probes(file.read_bytes(), file):
        function = SimpleNamespace(__doc__=each.doc, __name__=each.function)
        try:
            rule = rule_of(cast("Any", function), each.module, cast("Any", each.rule), each.each)
        except pytest.UsageError as error:
            raise marks.unsaid(file, each.line, each.function, error) from None
        yield Probe(rule, each.each, file, each.function)
