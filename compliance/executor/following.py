"""What will follow COMMIT, and whether it can: asked before anything is changed, as a service knows no rollback."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from compliance.core.errors import CouldNotLook, Refused
from compliance.core.needs import Needs
from compliance.estate import directus_facts
from compliance.estate.web import Unanswered
from compliance.executor import calling, clearing, recovery, reloading, spelling
from compliance.executor.session import Session

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from compliance.core.change import Call
    from compliance.core.observation import Observation
    from compliance.estate.config import Service
    from compliance.executor.apply import Change
    from compliance.executor.running import Effect

_RELOADS = "reloads-runtime"
UNKNOWN_TOKEN = 401


@dataclass(frozen=True, slots=True)
class Work:
    """What follows a change, or (`back`) taking it back. `reloads`: it writes what Directus runs or keeps; `clears`:
    what it keeps; `runs`: what it runs."""

    calls: tuple[Call, ...]
    needs: Needs
    reloads: bool
    back: bool
    clears: bool
    runs: bool

    @classmethod
    def of(cls, content: dict[str, Any], *, back: bool, own: Collection[int] | None = None) -> Work:
        """Of a plan, as its `plan.json` and the ledger hold it; older ones know nothing of calls.

        `own`: numbers of the calls that are meant; None: all.
        """
        numbered = enumerate(map(spelling.call_from_json, content.get("calls", [])))
        calls = tuple(call for number, call in numbered if own is None or number in own)
        needs = spelling.needs_from_json(content["needs"])
        reloads, writes = _RELOADS in content["hazards"], recovery.writes_of(content)
        clears = reloads and clearing.concerns(needs, writes)
        flows = {need.section for _, need in reloading.governed(needs)} & {key.section for key in writes}
        return cls(calls, needs, reloads, back, clears, reloads and (bool(flows) or not clears))

    def __bool__(self) -> bool:
        return self.reloads or bool(self.calls)

    def leaves(self, effect: Effect) -> bool:
        """Is there something to do after a change that did this?"""
        return bool(self.calls) or (self.reloads and bool(reloading.touched(self.needs, effect)))


def check(change: Change, s: Session, work: Work) -> tuple[str, ...]:
    """Before anything is changed: all that follows COMMIT can be done. Returns what a person has to know of it."""
    unable = _unable(change, work)
    if unable:
        raise Refused(
            "what follows COMMIT could not be done", reasons=unable,
            remedy="set that in estate.yaml, or declare directus unavailable; nothing was changed",
        )  # fmt: skip
    try:
        _check_calls(change, work)
        told = (f"{len(work.calls)} call(s): looked at, each can be made; none was made",) if work.calls else ()
        return (*told, *(_reload_told(change, s, work) if work.reloads else ()))
    except CouldNotLook as error:
        remedy = error.remedy or "give the same command again when it answers; nothing was changed"
        raise CouldNotLook(error.message, remedy=remedy) from None


def _check_writer(service: Service) -> None:
    """Whose token it is may write flows: a refusal after COMMIT would leave rows that nobody runs."""
    with directus_facts.opened(service, service.writer_token) as api, _known_token():
        may = api.get("/permissions/me").at("data")
    lacking = [name for name in reloading.PATHS if not _writes(may.at(name).value)]
    if lacking:
        raise Refused(
            "what follows COMMIT could not be done",
            reasons=[f"directus.writer_token may not update {name}" for name in lacking],
            remedy="set it to the token of a user who may; nothing was changed",
        )


@contextmanager
def _known_token() -> Iterator[None]:
    """Says whose token it is that nobody has."""
    try:
        yield
    except Unanswered as error:
        if error.status != UNKNOWN_TOKEN:
            raise
        remedy = "correct directus.writer_token in estate.yaml; nothing was changed"
        raise CouldNotLook(f"{error.message}: directus.writer_token", remedy=remedy) from None


def _writes(permissions: Any) -> bool:
    update = permissions.get("update") if isinstance(permissions, dict) else None
    return isinstance(update, dict) and update.get("access") not in (None, "none")


def _check_calls(change: Change, work: Work) -> None:
    """What the service holds is not in the footprint: it is asked itself."""
    stuck = [
        f"{title}: what it is about is neither as before nor as after it"
        for title, state in calling.states(change.estate, work.calls).items()
        if state == "neither"
    ]
    if stuck:
        raise Refused(
            "stale: calls can be neither made nor taken back", reasons=stuck,
            remedy="compile again and review the new plan; nothing was changed",
        )  # fmt: skip


def _unable(change: Change, work: Work) -> list[str]:
    """What is neither configured nor declared unavailable. A call that nobody can make is never left out."""
    estate, lacking = change.estate, []
    for name in sorted({call.service for call in work.calls}):
        if excluded(change, name):
            lacking += [f"{name} is declared unavailable, so its calls cannot be made"]
        elif getattr(estate, name) is None:
            lacking += [f"{name} is not configured, and the plan calls it"]
    writes = work.reloads and not excluded(change, "directus")
    if writes and estate.directus is None:
        lacking += ["directus is not configured, and would go on running what it has read before"]
    calls = any(call.service == "directus" for call in work.calls)
    if (writes or calls) and estate.directus is not None and estate.directus.writer_token is None:
        lacking += ["directus has no writer_token, without which nobody may write by its API"]
    return lacking


def excluded(change: Change, source: str) -> str:
    """Why this estate cannot open a source, as long as that is declared; else nothing."""
    declared = change.estate.unavailable.get(source)
    over = declared is None or declared.until < change.now.date().isoformat()
    return "" if declared is None or over else f"unavailable until {declared.until}: {declared.reason}"


def _reload_told(change: Change, s: Session, work: Work) -> tuple[str, ...]:
    """By its list of flows it is told from the Directus of another estate."""
    if why := excluded(change, "directus"):
        return (f"Directus will not be told to load anything again ({why}): restart it",)
    told = []
    if work.runs:
        _check_serves(change, s, work.needs)
        _check_writer(directus(change))
        told.append(
            "Directus answers, and lists the flows of this database; it was not told to load anything again"
        )
    if work.clears:
        _check_clears(change, s, work.needs)
        told.append("Directus answers, and lists the collections of this database; its cache was not cleared")
    return tuple(told)


def _check_clears(change: Change, s: Session, needs: Needs) -> None:
    service = directus(change)
    with directus_facts.opened(service, service.writer_token) as api, _known_token():
        clearing.check_writer(api)
        clearing.check_serves(api, s, needs)


def _check_serves(change: Change, s: Session, needs: Needs) -> None:
    now = rows_now(s, needs)
    with directus_facts.opened(directus(change)) as api:
        served = {flow.id for flow in directus_facts.served(api)}
    for path, need in reloading.governed(needs):
        there = {row.values[0] for row in now.read(need.section)}
        if path == "/flows" and there != served:
            raise Refused(
                "the Directus in estate.yaml does not serve this database",
                reasons=[f"{len(there ^ served)} flow(s) are in one of both alone"],
                remedy="set directus.url to the one that does; nothing was changed",
            )


def directus(change: Change) -> Service:
    """The one of the estate, of which `check` has made sure."""
    return cast("Service", change.estate.directus)


def rows_now(s: Session, needs: Needs) -> Observation:
    """Flows and operations as the database holds them."""
    rows = tuple(need for _, need in reloading.governed(needs))
    here = Session(s.estate, Needs(rows=rows), s.connection, s.step_seconds)
    with here.transaction(keep=False):
        return here.observe()
