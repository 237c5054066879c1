"""When waivers end: who has to be told, and which days are free for another to end on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.finding import Finding, Unseen
from compliance.core.waivers import judgements

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from compliance.core.waivers import Met, Waiver

_DAY = timedelta(days=1)


class Warned(NamedTuple):
    """What somebody should see to, though nothing is broken. `subjects`: the ids of the waivers."""

    kind: str
    subjects: tuple[str, ...]
    message: str


def warnings(waivers: Sequence[Waiver], days: int, at: str) -> tuple[Warned, ...]:
    """What ends within so many days, and the days on which more than one ends: those are renewed without a look."""
    now = datetime.fromisoformat(at)
    soon = [
        Warned(
            "waiver-ends-soon", (waiver.id,),
            f"waiver {waiver.id} of {waiver.owner} ends {waiver.until}, {left(waiver, at)}: {waiver.finding}",
        )
        for waiver in waivers
        if waiver.state(at) == "in force" and waiver.ends and waiver.ends - now <= _DAY * days
    ]  # fmt: skip
    by_day: dict[str, list[str]] = {}
    for waiver in waivers:
        if waiver.until and waiver.state(at) != "expired":
            by_day.setdefault(waiver.until[:10], []).append(waiver.id)
    together = [
        Warned(
            "waivers-end-together", tuple(ids),
            f"{len(ids)} waivers end on {day}: {', '.join(ids)}: spread them, so that each is looked at",
        )
        for day, ids in sorted(by_day.items())
        if len(ids) > 1
    ]  # fmt: skip
    return (*soon, *together)


def described(met: Met, at: str) -> dict[str, Any]:
    """A waiver as a list tells it: how it stands, what it meets, and what is a finding of it."""
    waiver, said = met.waiver, list(judgements(met, at))
    wrong = [judgement for judgement in said if isinstance(judgement, Finding)]
    unseen = next((judgement.reason for judgement in said if isinstance(judgement, Unseen)), "")
    state = ", ".join((each.facet or "").replace("-", " ") for each in wrong)
    if not state and (unseen or met.unasked):
        state = "could not look" if unseen else "not applicable"
    return {
        "id": waiver.id, "finding": waiver.finding, "state": state or f"in force, ends {left(waiver, at)}",
        "owner": waiver.owner, "approver": waiver.approver, "reason": waiver.reason, "from": waiver.since,
        "until": waiver.until, "ceiling": waiver.ceiling,
        "meets": [finding.key(waiver.rule) for finding in met.findings],
        "findings": [finding.message for finding in wrong], "unseen": unseen, "not_applicable": met.unasked,
    }  # fmt: skip


def left(waiver: Waiver, at: str) -> str:
    """How long it still holds, in whole days."""
    ends = waiver.ends
    days = (ends - datetime.fromisoformat(at)) // _DAY if ends else 0
    return f"in {days} day{'' if days == 1 else 's'}" if days else "within a day"


def spread(waivers: Iterable[Waiver], count: int, days: int, at: str) -> list[str]:
    """Days to end on, at most so many from now, on which nothing ends yet; later ones where there are not enough."""
    taken = {waiver.until[:10] for waiver in waivers if waiver.until}
    today = datetime.fromisoformat(at).date()
    found: list[str] = []
    offset, step = days, -1
    while len(found) < count:
        day = (today + _DAY * offset).isoformat()
        if day not in taken:
            found.append(day)
        offset += step
        if offset == 0:
            offset, step = days + 1, 1
    return found
