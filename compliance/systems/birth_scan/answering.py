"""An answer to a question of document 001, section 4: a value and what was seen, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from compliance.core.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")


class Evidence(NamedTuple):
    """A section of the observation, and what was seen there."""

    section: str
    seen: str


class Open(NamedTuple):
    """Why a question has no answer, and what is needed for one. `facet` tells the reasons of a question apart."""

    facet: str
    seen: str
    needed: str


@dataclass(frozen=True)
class Answer(Generic[T]):
    """`said`: the answer in a sentence. Whoever reads `value` of one that is open gets none."""

    question: int
    said: str
    found: T | None
    evidence: tuple[Evidence, ...] = ()
    open: tuple[Open, ...] = ()

    @property
    def answered(self) -> bool:
        return self.found is not None and not self.open

    @property
    def value(self) -> T:
        """Raises where the question is open: nothing is compiled from an answer that nobody has."""
        if self.found is None:
            raise LookupError(f"question {self.question} is not answered")
        return self.found


def unanswered(question: int, reasons: Iterable[Open], evidence: Iterable[Evidence] = ()) -> Answer[T]:
    """Nothing that could be used was found."""
    return Answer(question, "", None, tuple(evidence), tuple(reasons))


def findings(subject: str, answer: Answer[T]) -> Iterator[Finding]:
    """An open question blocks, by its number."""
    for reason in answer.open:
        message = f"question {answer.question} is not answered: {reason.seen}; what is needed: {reason.needed}"
        yield Finding(subject, message, reason.facet)
