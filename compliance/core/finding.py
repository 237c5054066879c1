"""What a rule can say of a subject. Silence means: kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Severity: TypeAlias = Literal["critical", "high", "medium", "low"]
Phase: TypeAlias = Literal["readiness", "conformance"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One subject breaks one rule. `facet` tells apart what one subject can break in several ways."""

    subject: str
    message: str
    facet: str | None = None

    def key(self, rule: str) -> str:
        """What a waiver names. Stable across runs: no oid, no time, no order."""
        return f"{rule}:{self.subject}" + (f"#{self.facet}" if self.facet else "")


@dataclass(frozen=True, slots=True)
class Unseen:
    """One subject could not be looked at, though others of the same rule could."""

    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The rule says nothing about this subject, and why."""

    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """What a judgement rests on, kept with its evidence: it decides nothing. `content`: anything JSON can hold."""

    subject: str
    title: str
    content: Any


Judgement: TypeAlias = Finding | Unseen | NotApplicable | Note
