"""What a step reads and writes, as keys of facts, so that a plan can be bound to what was seen and to nothing else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import canonical
from compliance.core.facts import Body, Function, Grant
from compliance.core.observation import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from compliance.core.observation import Observation


# What a plan may make, change and remove of the catalog, each by its name.
OBJECTS = frozenset(
    f"catalog.{kind}"
    for kind in (
        "schemas", "relations", "columns", "constraints", "indexes", "functions", "bodies", "triggers", "grants",
    )
)  # fmt: skip


class FactKey(NamedTuple):
    """The facts of a section about one subject; without a subject: all of them.

    Subjects: of a row its first column, of a function its signature, of what belongs to a relation `schema.relation`.
    """

    section: str
    subject: str | None = None

    def __str__(self) -> str:
        return self.section if self.subject is None else f"{self.section}#{self.subject}"

    def covers(self, other: FactKey) -> bool:
        """Is `other` this key, or one of the subjects of a whole section?"""
        return self.section == other.section and self.subject in (None, other.subject)

    @property
    def of_object(self) -> bool:
        """Is it about the catalog, and not about rows?"""
        return self.section in OBJECTS

    def within(self, keys: AbstractSet[FactKey]) -> bool:
        """Does one of these cover it?"""
        return self in keys or FactKey(self.section) in keys


def subject_of(fact: Any) -> str:
    """What a fact is about."""
    match fact:
        case Row():
            return str(fact.values[0])
        case Function() | Body():
            return fact.signature
        case Grant():
            return fact.object
    if hasattr(fact, "relation"):
        return f"{fact.schema}.{fact.relation}"
    if hasattr(fact, "schema"):
        return f"{fact.schema}.{fact.name}"
    return str(fact[0])


def digest(observation: Observation, keys: Iterable[FactKey]) -> str:
    """Of the facts under these keys and no others: the footprint of a plan. Raises where one was not seen."""
    every = frozenset(keys)
    wanted = {key for key in every if key.subject is None or FactKey(key.section) not in every}
    sections = {key.section for key in wanted if key.subject is not None}
    # Sorted out once: a plan may name thousands of rows, and to go through all of them for each would be quadratic.
    sorted_out = {section: _by_subject(observation.read(section)) for section in sections}
    found = {
        str(key): observation.read(key.section)
        if key.subject is None
        else sorted_out[key.section].get(key.subject, ())
        for key in wanted
    }
    return canonical.digest(canonical.dumps(found))


def _by_subject(facts: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for fact in facts:
        found.setdefault(subject_of(fact), []).append(fact)
    return found


def changed(before: Observation, after: Observation) -> set[FactKey]:
    """Everything that differs between two looks, in either direction; one of two equal rows counts too."""
    found: set[FactKey] = set()
    for section in before.sections.keys() | after.sections.keys():
        old, new = before.read(section), after.read(section)
        # By spelling: to Python 1 is True, and in a row it is not.
        if canonical.dumps(old) != canonical.dumps(new):
            found |= {FactKey(section, subject_of(fact)) for fact in _differing(old, new)}
    return found


def _differing(old: Iterable[Any], new: Iterable[Any]) -> Iterator[Any]:
    """The facts of which one side has more than the other."""
    sides = [[(canonical.dumps(fact), fact) for fact in side] for side in (old, new)]
    had, has = (Counter(spelled for spelled, _ in side) for side in sides)
    return (fact for side in sides for spelled, fact in side if had[spelled] != has[spelled])
