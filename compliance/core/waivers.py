"""Waivers: findings that do not count for a time, and what is wrong with a waiver that nobody looks after.

A finding is waived if and only if a waiver names it that is complete, approved by another than its owner, and in force
as of the time of the judgement, its rule is one of conformance, and the waiver meets no more findings of that rule than
its ceiling; over it, it waives none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from compliance.core.finding import Finding, Judgement, NotApplicable, Unseen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

OWN = "PL006"  # the rule that judges waivers: one that waived it would be the end of all of them
GATES = "PL007"  # the rule that judges the gates: one that waived it could loosen them
REQUIRED = ("reason", "owner", "approver", "from", "until", "ceiling")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ESCAPED = re.compile(r"\\([*\\])|(\*)")

State: TypeAlias = Literal["in force", "expired", "not yet in force", "incomplete"]


@dataclass(frozen=True, slots=True)
class Waiver:
    """As declared; what is not said is empty. `since`, `until`: a day or a time, UTC; a day is over at its end."""

    id: str
    finding: str
    reason: str = ""
    owner: str = ""
    approver: str = ""
    since: str = ""
    until: str = ""
    ceiling: int | None = None

    @property
    def rule(self) -> str:
        return self.finding.partition(":")[0]

    @property
    def missing(self) -> tuple[str, ...]:
        """The parts without which nobody answers for it, or it never ends."""
        said = (self.reason, self.owner, self.approver, self.since, self.until, self.ceiling)
        return tuple(name for name, value in zip(REQUIRED, said, strict=True) if not value)

    @property
    def own_approver(self) -> bool:
        """Nobody but its owner approved it."""
        return bool(self.owner) and self.owner.strip().casefold() == self.approver.strip().casefold()

    @property
    def begins(self) -> datetime | None:
        return moment(self.since) if self.since else None

    @property
    def ends(self) -> datetime | None:
        """From when on it is over: of a day, when the next one begins."""
        return moment(self.until, end=True) if self.until else None

    def state(self, at: str) -> State:
        """As of a time. What is over is over, however much of it was never said."""
        now = datetime.fromisoformat(at)
        if self.ends is not None and self.ends <= now:
            return "expired"
        if self.missing:
            return "incomplete"
        return "not yet in force" if self.begins is not None and now < self.begins else "in force"

    def meets(self, key: str) -> bool:
        """Does it name this finding?"""
        return key == self.finding or _pattern(self.finding).fullmatch(key) is not None


class Met(NamedTuple):
    """What is known of a waiver in a run. `wrong`: it can name nothing; `unseen`, `unasked`: why it is not known what
    it meets, as that could not be looked at, or is not applicable."""

    waiver: Waiver
    findings: tuple[Finding, ...] = ()
    wrong: tuple[str, str] | None = None
    unseen: str = ""
    unasked: str = ""


def moment(text: str, *, end: bool = False) -> datetime:
    """A day or a time in UTC. Raises `ValueError` where it is neither, or of no known zone."""
    if _DAY.fullmatch(text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(days=1 if end else 0)
    found = datetime.fromisoformat(text)
    if found.tzinfo is None or found.utcoffset() != timedelta(0):
        raise ValueError(text)
    return found.astimezone(UTC)


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    """`*` stands for any text within the subject or within the facet; `\\*` is the sign itself."""
    parts, last = [], 0
    for found in _ESCAPED.finditer(text):
        parts += [re.escape(text[last : found.start()]), "[^#]*" if found[2] else re.escape(found[1])]
        last = found.end()
    return re.compile("".join([*parts, re.escape(text[last:])]), re.DOTALL)


def unbounded(finding: str) -> str:
    """Why a pattern is refused, or nothing: the rule is written out, and of the rest something."""
    rule, colon, rest = finding.partition(":")
    if not colon or not re.fullmatch(r"[A-Za-z0-9_.-]+", rule):
        return "it does not begin with the id of a rule and a colon"
    literal = _ESCAPED.sub(lambda found: found[1] or "", rest)
    return "" if re.search(r"\w", literal) else "it names everything: write out a part of the subject"


def literally(key: str) -> str:
    """The pattern that meets this key alone."""
    return re.sub(r"([*\\])", r"\\\1", key)


def waived(waivers: Iterable[Waiver], rule: str, findings: Sequence[Finding], at: str) -> Mapping[str, Waiver]:
    """By key: who waives what a rule of conformance found, all subjects together; the first one in their order."""
    found: dict[str, Waiver] = {}
    keys = [finding.key(rule) for finding in findings]
    for waiver in waivers:
        if waiver.rule != rule or rule in (OWN, GATES) or waiver.own_approver or waiver.state(at) != "in force":
            continue
        met = [key for key in keys if waiver.meets(key)]
        if waiver.ceiling is not None and len(met) <= waiver.ceiling:
            for key in met:
                found.setdefault(key, waiver)
    return found


def told(finding: Finding, waiver: Waiver) -> str:
    """One line of what does not count."""
    return f"waived until {waiver.until} by {waiver.id} (owner {waiver.owner}): {finding.subject}: {finding.message}"


def in_full(finding: Finding, waiver: Waiver, rule: str) -> str:
    """What does not count, who answers for that, and why: what a reader of one case is told."""
    return (
        f"{finding.key(rule)} ({finding.message}), by waiver {waiver.id} from {waiver.since} until {waiver.until}: "
        f"{waiver.reason} (owner {waiver.owner}, approved by {waiver.approver})"
    )


def judgements(met: Met, at: str) -> Iterator[Judgement]:
    """What PL006 says of a waiver; silence: it is complete, in force, used and within its ceiling."""
    waiver, state = met.waiver, met.waiver.state(at)
    found = list(_of_itself(waiver, state))
    if met.wrong is not None:
        found.append(met.wrong)
    elif state == "in force" and not met.findings and not met.unseen and not met.unasked:
        found.append(("unused", f"nothing is found that {waiver.finding} names"))
    elif waiver.ceiling is not None and len(met.findings) > waiver.ceiling:
        found.append(("over-ceiling", f"meets {len(met.findings)} findings, its ceiling is {waiver.ceiling}"))
    yield from (Finding(waiver.id, f"for {_owner(waiver)}: {text}", facet) for facet, text in found)
    if state == "in force" and met.wrong is None and not found:
        if met.unseen:
            yield Unseen(waiver.id, met.unseen)
        elif met.unasked:
            yield NotApplicable(waiver.id, met.unasked)


def _owner(waiver: Waiver) -> str:
    return waiver.owner.strip() or "nobody"


def _of_itself(waiver: Waiver, state: State) -> Iterator[tuple[str, str]]:
    if waiver.missing:
        yield "incomplete", f"does not say its {', '.join(waiver.missing)}"
    if waiver.own_approver:
        yield "own-approver", "its owner is its approver, so nobody approved it"
    if state == "expired":
        yield "expired", f"ended {waiver.until}"
    if state == "not yet in force":
        yield "not-yet-in-force", f"begins {waiver.since}"
