"""Three-way merging by file: what two sides have, against what they last agreed on. Pure; whole files are taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.systems.directional_sync.syncfile import Conflict

Side = Literal["ours", "theirs"]


class Version(NamedTuple):
    """A file as one side has it. `changed_at`: nanoseconds, None where nobody told."""

    digest: str
    changed_at: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A name that the sides do not agree on. `taken`: whose version stands from now on; None: nobody may tell."""

    name: str
    differs: Literal["ours", "theirs", "both"]
    taken: Side | None
    deleted: bool
    reason: str

    @property
    def shown(self) -> str:
        """What differs, on which side, and what is done about it; no values."""
        who = {"ours": "changed here", "theirs": "changed there", "both": "changed on both sides"}[self.differs]
        if self.taken is None:
            return f"{who}: {self.reason}"
        other = "theirs" if self.taken == "ours" else "ours"
        return f"{who}: {self.taken} taken{', deleted from ' + other if self.deleted else ''}{self.reason}"


@dataclass(frozen=True, slots=True)
class Plan:
    """`merged`: by name the side whose file stands, also where both agree; conflicts that are open are not in it."""

    merged: Mapping[str, Side]
    differences: tuple[Difference, ...]

    @property
    def conflicts(self) -> tuple[Difference, ...]:
        return tuple(each for each in self.differences if each.taken is None)


def plan(
    base: Mapping[str, str] | None, ours: Mapping[str, Version], theirs: Mapping[str, Version], policy: Conflict
) -> Plan:
    """Without a base nobody knows who changed what: each difference is a conflict then."""
    merged: dict[str, Side] = {}
    differences: list[Difference] = []
    for name in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(name), theirs.get(name)
        if one is not None and other is not None and one.digest == other.digest:
            merged[name] = "ours"
            continue
        found = _difference(name, one, other, base, policy)
        differences.append(found)
        if found.taken and not found.deleted:
            merged[name] = found.taken
    return Plan(merged, tuple(differences))


def _difference(
    name: str, ours: Version | None, theirs: Version | None, base: Mapping[str, str] | None, policy: Conflict
) -> Difference:
    if base is not None:
        last = base.get(name)
        if (ours.digest if ours else None) == last:
            return Difference(name, "theirs", "theirs", theirs is None, "")
        if (theirs.digest if theirs else None) == last:
            return Difference(name, "ours", "ours", ours is None, "")
    taken, reason = _resolved(ours, theirs, policy)
    gone = (ours if taken == "ours" else theirs) is None
    return Difference(name, "both", taken, taken is not None and gone, reason)


def _resolved(ours: Version | None, theirs: Version | None, policy: Conflict) -> tuple[Side | None, str]:
    if policy == "fail":
        return None, "a conflict"
    if policy != "newer":
        return policy, f" (conflict: {policy})"
    one, other = (version.changed_at if version else None for version in (ours, theirs))
    if one is None or other is None or one == other:
        return None, "a conflict, and which is newer cannot be told"
    return ("ours" if one > other else "theirs"), " (conflict: newer)"
