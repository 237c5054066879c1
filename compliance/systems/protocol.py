"""What a governed system is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from compliance.core.finding import Finding, Judgement, Note

if TYPE_CHECKING:
    from compliance.core.asking import Asking as Requests
    from compliance.core.change import Compiled, Exercise
    from compliance.core.errors import CouldNotLook
    from compliance.core.flows import Flows
    from compliance.core.loops import Edge
    from compliance.core.marking import Marking as Rows
    from compliance.core.needs import Needs
    from compliance.core.observation import Observation
    from compliance.core.sandboxing import Sandbox
    from compliance.estate.document import Document


@dataclass(frozen=True)
class Facts:
    """What a rule reads: the policy of its system, those of all systems, and the observation.

    `waivers`: what there is to say of the waivers in this run, which takes the judgements of other rules; `gates` and
    `controls`: of the profiles and of the controls, which takes the rules that there are.
    """

    system: str
    policies: Mapping[str, Any]
    observation: Observation = field(repr=False)
    sections: set[str] = field(default_factory=set, compare=False)
    waivers: Callable[[], Iterable[Judgement]] = field(default=tuple, compare=False, repr=False)
    gates: Callable[[], Iterable[Judgement]] = field(default=tuple, compare=False, repr=False)
    controls: Callable[[], Iterable[Judgement]] = field(default=tuple, compare=False, repr=False)

    @property
    def policy(self) -> Any:
        return self.policies[self.system]

    def read(self, section: str) -> tuple[Any, ...]:
        """The facts of a section; raises where it was not seen. What was asked for is the rule's evidence."""
        self.sections.add(section)
        return self.observation.read(section)


Rule = Callable[[Facts], Iterable[Judgement]]


@dataclass
class Judged:
    """What a rule said, by subject; or why it could say nothing."""

    by_subject: dict[str, list[Judgement]] = field(default_factory=dict)
    failure: CouldNotLook | None = None
    sections: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(j for judgements in self.by_subject.values() for j in judgements if isinstance(j, Finding))

    def notes(self) -> dict[str, Any]:
        """What the rule wants kept with its evidence."""
        found = [j for judgements in self.by_subject.values() for j in judgements if isinstance(j, Note)]
        return {"notes": {note.title: note.content for note in found}} if found else {}


class System(Protocol):
    """One governed system: a module `compliance.systems.<name>` has these names.

    `guards`: its readiness rules, so that a probe that was taken away is missed. `reads`: the sections that its drift
    is derived from.
    """

    guards: frozenset[str]

    def parse(self, document: Document) -> Any:
        """The policy as frozen values."""

    def needs(self, policy: Any) -> Needs:
        """What has to be looked at."""

    def names(self, policy: Any, population: str) -> Sequence[str]:
        """The subjects of a population that policy names."""

    def reads(self, policy: Any) -> frozenset[str]:
        """The sections that drift is derived from."""

    def exercises(self, policy: Any) -> tuple[Exercise, ...]:
        """Calls whose answer cannot be known but by making them; most systems have none."""

    def compile(self, facts: Facts) -> tuple[Compiled, ...]:
        """Seed and migration; nothing for a system that repairs nothing."""


class Preparing(System, Protocol):
    """A system that may have something to do before its seed: what is found by the readiness rules `prepared`.

    `promised`: of these the ones that hold once it is done; the others are what a person does next. Without it: all.
    """

    prepared: frozenset[str]

    def prepare(self, facts: Facts) -> tuple[Compiled, ...]:
        """Plans of kind `preparation`, compiled where nothing but `prepared` stands in the way."""


class Marking(System, Protocol):
    """A system of which much shows only in what becomes of a row: rows are made for that, and removed.

    `safe`: rules that must not be broken before a row is made, since it would set off what never ends.
    """

    safe: frozenset[str]

    def marking(self, facts: Facts) -> Rows:
        """What is made."""


class Asking(System, Protocol):
    """A system of which something shows only in what a server answers, and what a request writes there stays."""

    def asking(self, facts: Facts) -> Requests:
        """What is sent."""


class Sandboxing(System, Protocol):
    """A system whose calls have to see what others before them did: all in one transaction that is rolled back."""

    def sandbox(self, facts: Facts) -> Sandbox:
        """What is called, in which order."""


class Drafting(System, Protocol):
    """A system whose policy can begin as what an observation holds."""

    def draft(self, policy: Any, observation: Observation) -> str:
        """YAML that parses as a policy which nobody has reviewed."""


class Triggering(System, Protocol):
    """A system that knows more of what triggers what than the flows say; the platform sums the edges of all."""

    def desired_flows(self, facts: Facts) -> tuple[Sequence[Sequence[Any]], Sequence[Sequence[Any]]]:
        """Rows of flows and of operations that a change would put in the place of what is there."""

    def edges(self, facts: Facts, flows: Flows) -> Iterable[Edge]:
        """Beyond the flows. Where nothing could be seen: a removed edge, which names what is assumed instead."""
