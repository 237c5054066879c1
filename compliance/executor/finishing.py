"""What follows COMMIT: Directus loads again what was written, and calls are made.

The same command finishes it where it was cut off. An entry `called` in the ledger says that nothing is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compliance.core.errors import CouldNotLook, Refused
from compliance.executor import calling, clearing, reloading
from compliance.executor.following import Work, directus, excluded, rows_now
from compliance.executor.session import AGAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.executor.apply import Change
    from compliance.executor.ledger import Entry, Ledger
    from compliance.executor.running import Effect
    from compliance.executor.session import Session

KIND = "called"


class Unfinished(CouldNotLook):
    """The transaction is committed, and what follows it is not done."""


@dataclass(frozen=True, slots=True)
class Done:
    """A change that is committed. `entry`: of the ledger, which says so; `receipt`: of what was applied, or undone.

    `folders`: of the repository, which were made for what is undone; `own`: numbers of the calls that were not made
    before, and so are to be undone (None: an older ledger does not say).
    """

    entry: str
    receipt: str
    plan: dict[str, Any]
    effect: Effect
    back: bool
    folders: tuple[str, ...] = ()
    own: tuple[int, ...] | None = None

    def work(self, content: dict[str, Any]) -> Work:
        return Work.of(content, back=self.back, own=self.own)

    def unfinished(self, why: str) -> Unfinished:
        what, again = f"applied as receipt {self.receipt[:12]}", AGAIN
        if self.back:
            what = f"receipt {self.receipt[:12]} was taken back"
            again = f"`compliance rollback {self.receipt[:12]}` looks what is left, and finishes"
        return Unfinished(f"{what}, but not finished: {why}", remedy=again)


def finished(ledger: Ledger, entry: str) -> dict[str, Any] | None:
    """What followed the change of that entry, where nothing is left to do."""
    found = [e.body for e in ledger.entries() if e.kind == KIND and e.body["done"] == entry]
    return next((body for body in found if body["finished"]), None)


def left(ledger: Ledger, content: dict[str, Any], done: Done) -> bool:
    """Is something left to do?"""
    return done.work(content).leaves(done.effect) and finished(ledger, done.entry) is None


def finish(change: Change, s: Session, content: dict[str, Any], done: Done) -> dict[str, Any]:
    """Do what is left; raises `Unfinished`, and can be called again. Returns what the ledger says of it.

    `content`: of the plan, as the ledger holds it.
    """
    if not left(change.ledger, content, done):
        return finished(change.ledger, done.entry) or {}
    said: dict[str, Any] = {"finished": False}
    try:
        if not done.back:
            s.kill_switch(change.execution.kill_switch)
        _follow(change, s, done.work(content), done, said)
    except (CouldNotLook, Refused) as error:
        _note(change, done, said | {"why": error.message})
        raise done.unfinished(error.message) from None
    return _note(change, done, said | {"finished": True}).body


def _follow(change: Change, s: Session, work: Work, done: Done, said: dict[str, Any]) -> None:
    """Activated first, taken back last: the way back is the way there, backwards. `said`: how far it came."""
    if work.back:
        _call(change, work, done, said)
    changed = reloading.touched(work.needs, done.effect)
    if work.reloads and changed:
        said["reload"] = _reload(change, s, work, changed)
    if not work.back:
        _call(change, work, done, said)


def _call(change: Change, work: Work, done: Done, said: dict[str, Any]) -> None:
    made = said.setdefault("calls", [])
    for call in calling.make(change.estate, work.calls, change.at, back=work.back, folders=done.folders):
        made.append(call._asdict())


def _reload(change: Change, s: Session, work: Work, changed: reloading.Touched) -> dict[str, Any]:
    if why := excluded(change, "directus"):
        return {"not_activated": why}
    change.at("telling Directus to load again")
    if changed.cached:  # first: what it then runs is made of what it keeps
        clearing.clear(directus(change))
    said = {"cache": "cleared"} if changed.cached else {}
    if not changed.runs:
        return said
    key = change.estate.redaction_key
    return said | reloading.reload(directus(change), changed, rows_now(s, work.needs), key)


def _note(change: Change, done: Done, said: dict[str, Any]) -> Entry:
    head = {"change": "rollback" if done.back else "apply", "plan": done.plan, "done": done.entry}
    return change.ledger.append(KIND, head | said, at_step=change.at)


def told(called: Mapping[str, Any]) -> tuple[str, ...]:
    """What a person has to know of it."""
    return (*_of_reload(called.get("reload", {})), *_of_calls(called.get("calls", [])))


def _of_reload(reload: Mapping[str, Any]) -> tuple[str, ...]:
    if "not_activated" in reload:
        return (f"not activated: {reload['not_activated']}; restart Directus",)
    cleared = ("cleared: Directus reads its collections, fields and rights again",) if "cache" in reload else ()
    if "flows" not in reload:
        return cleared
    counts = f"{reload['flows']} flow(s) and {reload['operations']} operation(s)"
    counts += f", without {reload['removed']} row(s) that are gone" if reload["removed"] else ""
    return (*cleared, f"activated: Directus has loaded again what was written: {counts}")


def _of_calls(calls: list[Mapping[str, Any]]) -> tuple[str, ...]:
    already = sum(not call["status"] for call in calls)
    before = f", {already} made before" if already else ""
    return (f"called: {len(calls) - already} call(s) made{before}",) if calls else ()
