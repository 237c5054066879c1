"""Audits over time, compared by the keys of their findings: new, unchanged, resolved, reopened.

A finding that a run could not look for again is neither resolved nor unchanged: it is `unknown`, and stays open.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from compliance.core import canonical
from compliance.core.waivers import OWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FORMAT = 2
RULE_WIDE = ("(all)", "(all others)")
LISTS = ("rules", "findings", "waived", "unseen", "judged")
Label: TypeAlias = Literal["new", "unchanged", "reopened"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One audit. `findings`, `waived`: keys of what was found, that counts and that does not; `unseen`: cases
    ('rule:subject') that could not look; `judged`: of a rule that could not look at all others, those it did look at.

    `complete`: nothing was deselected or lost. `facts`: a digest of what cannot depend on `judged_at` as long as
    `blind` is the same; `result`: of all cases.
    """

    run: str
    estate: str
    observed_at: str
    judged_at: str
    observation: str
    policy: str
    program: str
    conclusion: str
    counts: Mapping[str, int]
    rules: tuple[str, ...]
    findings: tuple[str, ...]
    waived: tuple[str, ...]
    unseen: tuple[str, ...]
    judged: tuple[str, ...]
    complete: bool
    blind: str
    facts: str
    result: str

    @property
    def found(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.findings, *self.waived)))

    @property
    def evidence(self) -> tuple[str, str, str]:
        return self.observation, self.policy, self.program

    def looked(self, key: str) -> bool:
        """Would this run have found it, were it still there?"""
        rule = key.partition(":")[0]
        if not self.complete or rule not in self.rules:
            return False
        cases = cases_of(key)
        if cases & set(self.unseen):
            return False
        wide = any(f"{rule}:{name}" in self.unseen for name in RULE_WIDE)
        return not wide or bool(cases & set(self.judged))


class Known(NamedTuple):
    """What earlier runs say of a key: when it was first seen, and whether it was still there when last looked for."""

    run: str
    at: str
    open: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What one run adds. Each is a tuple of keys in the order of names; `unknown`: open, and not looked at again.

    `first`: when each that was found was first seen. `defect`: what differs from a run over the same evidence.
    """

    entry: Entry
    new: tuple[str, ...]
    unchanged: tuple[str, ...]
    reopened: tuple[str, ...]
    resolved: tuple[str, ...]
    unknown: tuple[str, ...]
    first: Mapping[str, Known]
    defect: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """Runs of one estate, the oldest first, after those that are no longer kept: of these `known` is left."""

    known: Mapping[str, Known]
    entries: tuple[Entry, ...]

    def changes(self) -> Iterator[Change]:
        """Each run against all before it."""
        known = dict(self.known)
        earlier: dict[tuple[str, str, str], list[Entry]] = {}
        for entry in self.entries:
            same = earlier.setdefault(entry.evidence, [])
            change = compared(known, entry, same)
            known = after(known, change)
            same.append(entry)
            yield change

    def now(self) -> dict[str, Known]:
        """What is known behind the last run."""
        known = dict(self.known)
        for change in self.changes():
            known = after(known, change)
        return known

    def added(self, entry: Entry, limit: int) -> History:
        """With one more, and without the oldest ones over the limit: of those, what they found stays known."""
        entries = (*self.entries, entry)
        dropped = History(self.known, entries[: max(len(entries) - limit, 0)])
        return History(dropped.now(), entries[len(dropped.entries) :])


def cases_of(key: str) -> set[str]:
    """The cases ('rule:subject') that it may be of: a subject may hold '#', so what is before each may be all of it."""
    rule, _, rest = key.partition(":")
    parts = rest.split("#")
    return {f"{rule}:{'#'.join(parts[:n])}" for n in range(1, len(parts) + 1)}


def label(known: Mapping[str, Known], key: str) -> Label:
    if key not in known:
        return "new"
    return "unchanged" if known[key].open else "reopened"


def compared(known: Mapping[str, Known], entry: Entry, same: Iterable[Entry] = ()) -> Change:
    """One run against what is known. `same`: earlier runs over the same evidence."""
    by: dict[str, list[str]] = {"new": [], "unchanged": [], "reopened": []}
    for key in sorted(entry.found):
        by[label(known, key)].append(key)
    gone = [key for key in sorted(known.keys() - set(entry.found)) if known[key].open]
    looked = {key for key in gone if entry.looked(key)}
    first = {key: known.get(key) or Known(entry.run, entry.observed_at, True) for key in sorted(entry.found)}
    return Change(
        entry, tuple(by["new"]), tuple(by["unchanged"]), tuple(by["reopened"]),
        tuple(key for key in gone if key in looked), tuple(key for key in gone if key not in looked), first,
        next((found for other in same if (found := differing(other, entry))), ()),
    )  # fmt: skip


def after(known: Mapping[str, Known], change: Change) -> dict[str, Known]:
    found = {key: first._replace(open=True) for key, first in change.first.items()}
    closed = {key: known[key]._replace(open=False) for key in change.resolved}
    return {**known, **found, **closed}


def differing(one: Entry, other: Entry) -> tuple[str, ...]:
    """What differs though nothing that it is judged by does; judged as of another time, what expires may differ."""
    if one.judged_at == other.judged_at:
        if one.result == other.result:
            return ()
    elif one.blind != other.blind or one.facts == other.facts:
        return ()
    keys = sorted(set(one.found) ^ set(other.found)) or sorted(set(one.findings) ^ set(other.findings))
    said = [f"{key}: only in run {(one if key in one.found else other).run}" for key in keys]
    return (f"run {one.run} came to something else from the same evidence", *said)


def entry(
    document: Mapping[str, Any], *, estate: str, observed_at: str, program: str, number: int | str
) -> Entry:
    """Of a verdict's document (`core.verdicts`). `number`: of no two runs the same, so that each has its own id."""
    cases = document["cases"]
    unseen = [case for case in cases if _unlooked(case, document["blind"])]
    seen = [case for case in cases if not _unlooked(case, document["blind"])]
    wide = {case["rule"] for case in unseen if case["subject"] in RULE_WIDE}
    told = {
        "estate": estate, "observed_at": observed_at, "judged_at": document["judged_at"],
        "observation": document["observation"],
        "policy": document["policy"], "program": program, "conclusion": document["conclusion"],
        "counts": document["counts"], "rules": tuple(sorted(document["rules"])),
        "findings": tuple(sorted(each["key"] for case in cases for each in case["findings"])),
        "waived": tuple(sorted(each["key"] for case in cases for each in case["waived"])),
        "unseen": tuple(sorted(f"{case['rule']}:{case['subject']}" for case in unseen)),
        "judged": tuple(sorted(f"{case['rule']}:{case['subject']}" for case in seen if case["rule"] in wide)),
        "complete": _complete(document),
        "blind": _digest(document["blind"]),
        "facts": _digest([_timeless(case) for case in cases if case["rule"] != OWN]),
        "result": _digest(cases),
    }  # fmt: skip
    stamp = "".join(sign for sign in document["judged_at"][:19] if sign not in "-:")
    return Entry(f"{stamp}Z-{_digest([number, told])[:6]}", **told)


def _unlooked(case: Mapping[str, Any], blind: Mapping[str, str]) -> bool:
    """It could not look, or was not asked: what it judges is declared unavailable, or its system is not in force."""
    if case["outcome"] == "could_not_look":
        return True
    hidden = str(case["reason"]).endswith(tuple(why for why in blind.values() if why))
    return bool(case["outcome"] == "not_applicable" and (hidden or case["subject"] == RULE_WIDE[0]))


def _complete(document: Mapping[str, Any]) -> bool:
    lost = any(said["lost"] for said in document.get("population", {}).values())
    return not document["deselected"] and not lost


def _timeless(case: Mapping[str, Any]) -> list[Any]:
    """What a case comes to, waived or not: a waiver begins and ends, and a finding does not know of it."""
    found = sorted((each["key"], each["message"]) for each in (*case["findings"], *case["waived"]))
    outcome = "broken" if found else case["outcome"]
    return [case["rule"], case["subject"], outcome, found or case["reason"]]


def _digest(value: Any) -> str:
    return canonical.digest(canonical.dumps(value))


def told(entry: Entry) -> dict[str, Any]:
    return {"format": FORMAT, **asdict(entry)}


def parse(value: Mapping[str, Any]) -> Entry:
    """Raises `TypeError`, `KeyError` or `ValueError` where it is none of this format."""
    said = dict(value)
    if said.pop("format") != FORMAT:
        raise ValueError("another format")
    return Entry(**said | {name: tuple(said[name]) for name in LISTS})
