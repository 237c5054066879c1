"""Make rows to see what becomes of them: `compliance exercise`. All of it is removed, and what was seen stays.

What is to be made is in the ledger before it is made, with the mark that it is recognised by. So whatever ends this
process, the next run removes what it finds.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from compliance.core.change import Compiled, Step
from compliance.core.errors import ComplianceError, CouldNotLook
from compliance.core.marking import KEY, VARIABLE
from compliance.core.needs import Needs
from compliance.executor import markers, returns, unmarking
from compliance.executor.apply import check_bound, check_target
from compliance.executor.approvals import granted
from compliance.executor.session import session

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.core.change import Hazard
    from compliance.core.footprint import FactKey
    from compliance.core.marking import Marked, Marking
    from compliance.executor.apply import Change
    from compliance.executor.exercise import Answer
    from compliance.executor.ledger import Entry
    from compliance.executor.markers import Seen, Services
    from compliance.executor.plan import Plan

KIND, DONE = "marking", "unmarked"
HAZARDS: tuple[Hazard, ...] = ("inserts", "updates", "deletes", "calls-service")


def compiled(system: str, marking: Marking) -> Compiled:
    """The requests as a plan of comments, so that an approval can name exactly these."""
    steps = [
        _step(
            f"make, change and remove {1 + marking.many} row(s) of {marked.collection}",
            _requests(marked, marking),
        )
        for marked in marking.collections
    ]
    title = f"make rows in {len(marking.collections)} collection(s) and see what becomes of them; nothing stays"
    return Compiled(system, "exercise", title, (*steps, *_compiled_control(marking)))


def _compiled_control(marking: Marking) -> Iterator[Step]:
    if marking.control is not None:
        name = returns.control_of(marking.control, VARIABLE)
        yield _step("write and remove a document that has to be sent back", [
            f"POST /documents {name}",
            f"within {marking.seconds:g} s it has to be sent to {marking.returned}, and no document of a row by then",
            f"DELETE /documents/{name}",
        ])  # fmt: skip


def _step(title: str, requests: Iterable[str]) -> Step:
    none: frozenset[FactKey] = frozenset()
    text = "\n".join(f"-- {line}" for line in requests)
    return Step(title, text, "", "", frozenset(HAZARDS), none, none)


def _requests(marked: Marked, marking: Marking) -> Iterator[str]:
    path, change = f"/items/{marked.collection}", dict.fromkeys(marked.changed, VARIABLE)
    yield f"POST {path} {json.dumps(dict(marked.row), sort_keys=True)}, then {marking.many} such rows at once"
    yield f"PATCH {path}/{KEY} {json.dumps(change, sort_keys=True)}, then {marked.title} of the others at once"
    yield f"DELETE {path}/{KEY}, then the others at once"
    yield f"each time {marked.document} has to follow within {marking.seconds:g} s"


def exercise(change: Change, plan: Plan, marking: Marking, *, policy: str) -> Entry:
    """Make the rows, look what becomes of them, remove them, and write down what was seen."""
    check_bound(change.estate, plan, policy)
    with (
        change.ledger.locked(),
        session(change.estate, Needs(), change.execution, f"exercise {plan.digest[:8]}") as s,
        markers.opened(change.estate) as services,
    ):
        check_target(s, plan)
        with s.transaction(keep=False):
            s.kill_switch(change.execution.kill_switch)
        _remove_leftovers(change, plan, marking)
        grant = granted(plan, "test-call", execution=change.execution, ledger=change.ledger, now=change.now)
        head = {
            "change": "exercise",
            "system": plan.compiled.system,
            "plan": {"name": plan.name, "digest": plan.digest},
            "approvals": {"self": grant.self_approved, "by": list(grant.by), "nonces": list(grant.nonces)},
            "target": plan.target._asdict(),
        }
        answers = _seen(change, services, head, marking)
        return change.ledger.append("exercise", head | {"answers": answers}, at_step=change.at)


def _seen(change: Change, services: Services, head: dict[str, Any], marking: Marking) -> list[Answer]:
    after, mark = returns.newest(services.documents), f"dotc-{secrets.token_hex(5)}"
    noted = change.ledger.append(KIND, head | unmarking.note(marking, mark), at_step=change.at)
    try:
        seen = markers.act(services, marking, mark, change.at)
        change.at("is anything sent back?")
        control = returns.control(
            services.documents, marking.control, mark, after=after, seconds=marking.seconds
        )
    except BaseException:
        _remove(change, noted, marking.seconds)
        raise
    _noticed(seen, unmarking.ours(services.documents, mark))
    counts = returns.count(services.documents, seen, after=after)
    _remove(change, noted, 0.0)
    return [_answer(one, marking, counts[one.marked.collection], control) for one in seen]


def _noticed(seen: list[Seen], left: dict[str, str]) -> None:
    """What is still there, by the number of the collection in the title."""
    for one in seen:
        one.known |= {name for name, title in left.items() if title.startswith(one.marker(""))}


def _answer(seen: Seen, marking: Marking, returned: int, control: bool | None) -> Answer:
    said = {
        "rows": 1 + marking.many,
        "arrived": seen.arrived,
        "changed": seen.changed,
        "left": len(seen.known),
        "returned": returned,
        "control": control,
    }
    return seen.marked.collection, seen.marked.version, [[k, v] for k, v in said.items()], seen.error


def _remove_leftovers(change: Change, plan: Plan, marking: Marking) -> None:
    """Of runs that were ended before they could remove what they made, in this database."""
    entries = change.ledger.entries()
    done = {entry.body["marking"] for entry in entries if entry.kind == DONE}
    for entry in entries:
        here = entry.kind == KIND and entry.body["target"] == plan.target._asdict()
        if here and entry.hash not in done:
            _remove(change, entry, marking.seconds)


def _remove(change: Change, noted: Entry, seconds: float) -> None:
    """By clients of its own: those of an interrupted run may be in the middle of an answer."""
    try:
        with markers.opened(change.estate) as services:
            removed = unmarking.remove(services, noted.body, change.at, seconds=seconds)
    except ComplianceError as error:
        raise CouldNotLook(
            f"rows marked {noted.body['mark']} could not be removed: {error.message}",
            remedy="give the same command again when both services answer: it removes them first",
        ) from None
    body = {"change": "exercise", "plan": noted.body["plan"], "marking": noted.hash, "rows": removed.rows}
    change.ledger.append(DONE, body | {"documents": sorted(removed.documents)}, at_step=change.at)
