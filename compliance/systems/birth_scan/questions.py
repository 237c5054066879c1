"""The seven questions of document 001, section 4, answered from what was observed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.finding import Finding, Judgement, Unseen
from compliance.systems.birth_scan import looking
from compliance.systems.birth_scan.access import Access, access
from compliance.systems.birth_scan.address import Address, address
from compliance.systems.birth_scan.allowing import Allowed, allowing
from compliance.systems.birth_scan.observing import Issues, issues
from compliance.systems.birth_scan.pattern import Pattern, Registered, pattern, registered
from compliance.systems.birth_scan.registering import Tools, tools

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.birth_scan.answering import Answer
    from compliance.systems.protocol import Facts

# As the document asks them.
ASKED = (
    "the flow that is copied from: its structure and its operations",
    "is that flow registered among the tools?",
    "how do endpoints call functions of PostgreSQL?",
    "which variables of the environment may flows use?",
    "by which URL does Directus reach the endpoints?",
    "what shape have the issues: can a summary be kept as JSON?",
    "what is the full schema of the tools?",
)


class Answers(NamedTuple):
    """In the order of the document."""

    pattern: Answer[Pattern]
    registered: Answer[Registered]
    access: Answer[Access]
    allowing: Answer[Allowed]
    address: Answer[Address]
    issues: Answer[Issues]
    tools: Answer[Tools]

    @property
    def open(self) -> tuple[int, ...]:
        """The numbers of those that have no answer."""
        every: tuple[Answer[Any], ...] = self
        return tuple(answer.question for answer in every if not answer.answered)


def answers(facts: Facts) -> Answers:
    """All seven. Raises `CouldNotLook` where one of them cannot be looked at."""
    return Answers(
        pattern(facts),
        registered(facts),
        access(facts),
        allowing(facts),
        address(facts),
        issues(facts),
        tools(facts),
    )


def pattern_is_registered(facts: Facts) -> Iterator[Judgement]:
    """The answer 'no' to question 2 is an answer, and a gap to address (document 001, 2.A)."""
    facts.read(looking.TOOLS)
    answer = registered(facts)
    if not answer.answered:
        yield Unseen(facts.policy.pattern.tool, "question 2 is not answered, so nobody knows")
    elif answer.value.row is None:
        name = facts.policy.pattern.flow
        yield Finding(
            facts.policy.pattern.tool, f"'{name}' fires by a schedule and is not registered as a tool"
        )
