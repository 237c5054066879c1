"""Rehearse a plan: deploy, verify, deploy again, take back; and show that nothing is left of it.

On the estate itself in a transaction that is rolled back (reference, staging), or on a clone that is thrown away.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from compliance.core import footprint
from compliance.core.errors import ComplianceError, Refused
from compliance.executor import clone, fence, following, objects, running
from compliance.executor.apply import check_bound, check_fresh, check_target
from compliance.executor.following import Work
from compliance.executor.session import session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.executor.apply import Change
    from compliance.executor.plan import Plan
    from compliance.executor.running import State
    from compliance.executor.session import Session

Place: TypeAlias = Literal["estate", "clone"]
Open: TypeAlias = Callable[[], AbstractContextManager["Session"]]


class NotRestored(ComplianceError):
    """A rehearsal that did not give what the plan promises; nothing of it stays."""

    exit_code = 6


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rehearsal showed. `sequences` moved though everything was taken back; `trails` got rows.

    `objects`: how many facts of the catalog were created, changed and removed, where it was written.
    `after`: of what follows COMMIT, which cannot be rehearsed, what could be looked at.
    """

    place: Place
    created: int
    changed: int
    removed: int
    sequences: dict[str, list[int | None]]
    trails: dict[str, int]
    objects: Mapping[str, int] = field(default_factory=dict)
    after: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "result": "passed",
            "place": self.place,
            "phases": ["deploy", "verify", "deploy again", "revert", "look again"],
            "rows": {"created": self.created, "changed": self.changed, "removed": self.removed},
            "sequences": self.sequences,
            "trails": self.trails,
            **({"objects": dict(self.objects)} if self.objects else {}),
            **({"not_rehearsed": list(self.after)} if self.after else {}),
        }


def place_for(plan: Plan, wanted: Place | None) -> Place:
    """On production only a clone will do: a rehearsal takes locks and sets off triggers."""
    if plan.estate_kind == "production" and wanted == "estate":
        raise Refused("a plan for production is not rehearsed on the estate itself", remedy="use --on clone")
    return wanted or ("clone" if plan.estate_kind == "production" else "estate")


def rehearse(change: Change, plan: Plan, place: Place, *, policy: str) -> Rehearsed:
    """Raise where a phase does not give what it must; else what was seen."""
    check_bound(change.estate, plan, policy)
    purpose = f"rehearse {plan.digest[:8]}"

    def opened() -> AbstractContextManager[Session]:
        return session(change.estate, plan.needs, change.execution, purpose)

    after = _after(change, plan, opened)
    if place == "estate" or not plan.steps:
        before, found = _rolled_back(change, plan, opened)
    else:
        with opened() as s, s.transaction(keep=False):
            check_target(s, plan)
            before = _before(change, s, plan)
        whole = objects.tables(plan.writes)
        with clone.of(change.estate, plan.needs, change.execution, change.at, whole=whole) as cloned:
            found = _committed(change, plan, cloned)
    with opened() as s, s.transaction(keep=False):
        _same("the estate afterwards, on a new connection", before, running.state(s, plan.writes))
    return replace(found, after=after)


def _after(change: Change, plan: Plan, opened: Open) -> tuple[str, ...]:
    """What follows COMMIT is not made to be taken back: it is looked at, whether it could be."""
    work = Work.of(plan.content, back=False)
    if not work:
        return ()
    with opened() as s:
        return following.check(change, s, work)


def _before(change: Change, s: Session, plan: Plan) -> State:
    """What all that follows is compared with; a plan that does not belong to it is not even tried."""
    fence.check_writes(plan.writes, plan.needs, change.execution.preserve)
    before = running.state(s, plan.writes)
    check_fresh(before, plan)
    return before


def _rolled_back(change: Change, plan: Plan, opened: Open) -> tuple[State, Rehearsed]:
    """Everything in one transaction that never commits; and how the estate was before it."""
    with opened() as s, s.transaction(keep=False):
        check_target(s, plan)
        s.lock_tables(key.section for key in plan.writes)
        before = _before(change, s, plan)
        sequences = s.sequences()
        s.mark()
        running.deploy(s, plan.steps, change.at)
        deployed = running.state(s, plan.writes)
        change.at("deployed and verified")
        running.deploy_again(s, plan.steps, change.at)
        _same("after deploying twice", deployed, running.state(s, plan.writes))
        change.at("deployed again: nothing changed")
        running.revert(s, plan.steps, change.at)
        reverted = running.state(s, plan.writes)
        trails: dict[str, int] = {}
        for found in (reverted, deployed):
            trails = fence.check_crossed(before, found, s.wrote(), _bounds(change, plan, before))
        _restored(plan, before, reverted)
        change.at("taken back: as before")
        return before, _result("estate", before, deployed, _moved(sequences, s.sequences()), trails)


def _committed(change: Change, plan: Plan, opened: Open) -> Rehearsed:
    """Each phase committed, and looked at on a new connection."""
    with opened() as s:
        sequences = s.sequences()
        before = running.state(s, plan.writes)
    trails: dict[str, int] = {}
    states: list[State] = []
    for act in (running.deploy, running.deploy_again, running.revert):
        with opened() as s, s.transaction(keep=True):
            earlier = running.state(s, plan.writes)
            s.mark()
            act(s, plan.steps, change.at)
            bounds = _bounds(change, plan, before)
            trails |= fence.check_crossed(earlier, running.state(s, plan.writes), s.wrote(), bounds)
        with opened() as s:
            states.append(running.state(s, plan.writes))
            moved = _moved(sequences, s.sequences())
        change.at(f"{act.__name__}: committed on the clone")
    _same("after deploying twice", states[0], states[1])
    _restored(plan, before, states[2])
    return _result("clone", before, states[0], moved, trails)


def _bounds(change: Change, plan: Plan, before: State) -> fence.Bounds:
    """What was not there before, it has made."""
    there = {key.subject for key in before.images}
    made = frozenset(name for name in objects.tables(plan.writes) if name not in there)
    return fence.Bounds(plan.writes, plan.needs, change.execution.trails, plan.guarded, made)


def _same(when: str, expected: State, found: State) -> None:
    """Rows by their whole content, and everything that the catalog says."""
    differing = {str(key) for key in footprint.changed(expected.observation, found.observation)}
    differing |= {f"{key} (whole row)" for key, _ in expected.images.items() ^ found.images.items()}
    if differing:
        raise NotRestored(
            f"{when} the state is not the one before",
            lines=sorted(differing),
            remedy="this plan may not be approved; nothing of the rehearsal stays",
        )


def _restored(plan: Plan, before: State, reverted: State) -> None:
    """What is governed is as it was. An undeclared column that a trigger keeps (`updated_at`) may have moved, and rows
    of a guarded table, which follow from others: nobody gives stale ones back."""
    kept = {
        key: image
        for key, image in before.images.items()
        if key in reverted.images and key.within(plan.writes) and (not key.of_object or key in plan.guarded)
    }
    _same("after taking it back", before, reverted._replace(images=reverted.images | kept))


def _result(
    place: Place, before: State, deployed: State, sequences: dict[str, list[int | None]], trails: dict[str, int]
) -> Rehearsed:
    effect = running.effect(before, deployed)
    created, changed, removed = (len(names) for names in effect.rows.values())
    objects = {how: len(names) for how, names in effect.objects.items()}
    told = objects if any(objects.values()) else {}
    return Rehearsed(place, created, changed, removed, sequences, trails, told)


def _moved(before: dict[str, int | None], after: dict[str, int | None]) -> dict[str, list[int | None]]:
    return {
        name: [before.get(name), position] for name, position in after.items() if position != before.get(name)
    }
