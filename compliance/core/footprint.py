"""What a step reads and writes, as keys of facts, so that a plan can be bound to what was seen and to nothing else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import canonical
from compliance.core.facts import Function, Grant
from compliance.core.observation import Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compliance.core.observation import Observation


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


def subject_of(fact: Any) -> str:
    """What a fact is about."""
    match fact:
        case Row():
            return str(fact.values[0])
        case Function():
            return fact.signature
        case Grant():
            return fact.object
    if hasattr(fact, "relation"):
        return f"{fact.schema}.{fact.relation}"
    if hasattr(fact, "schema"):
        return f"{fact.schema}.{fact.name}"
    return str(fact[0])


def select(observation: Observation, key: FactKey) -> tuple[Any, ...]:
    """The facts under a key; raises `CouldNotLook` where the section was not seen."""
    found = observation.read(key.section)
    return found if key.subject is None else tuple(fact for fact in found if subject_of(fact) == key.subject)


def digest(observation: Observation, keys: Iterable[FactKey]) -> str:
    """Of the facts under these keys and no others: the footprint of a plan."""
    return canonical.digest(
        canonical.dumps({str(key): select(observation, key) for key in sorted(set(keys), key=str)})
    )


def changed(before: Observation, after: Observation) -> set[FactKey]:
    """Everything that differs between two looks, in either direction; one of two equal rows counts too."""
    found: set[FactKey] = set()
    for section in before.sections.keys() | after.sections.keys():
        facts = {canonical.dumps(fact): fact for look in (before, after) for fact in look.read(section)}
        old, new = (Counter(map(canonical.dumps, look.read(section))) for look in (before, after))
        found |= {
            FactKey(section, subject_of(facts[spelled])) for spelled in facts if old[spelled] != new[spelled]
        }
    return found
