"""Is the flow active, and does it fire? What Directus has recorded of its runs, against the fires that were due."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from compliance.core.cron import NotASchedule, read
from compliance.core.errors import CouldNotLook
from compliance.core.finding import Finding, Judgement, NotApplicable
from compliance.core.fires import fires
from compliance.core.flows import FLOW_COLUMNS, settings
from compliance.systems.birth_scan import looking

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compliance.core.cron import Schedule
    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts

# The clocks of Directus and of PostgreSQL, which writes the time of a run, are two.
_APART = timedelta(seconds=1)
# After a write of a flow all flows are loaded again; what comes due meanwhile does not come.
_LOADING = timedelta(seconds=5)
_WRITES = ("create", "update")


class Window(NamedTuple):
    """Fires from `begin` on are judged, as far as they were due at `end`. `late`: how much later a run may be."""

    begin: datetime
    end: datetime
    late: timedelta


def flow_is_active_and_fires(facts: Facts) -> Iterator[Judgement]:
    """By the schedule that the flow has: whether that is the declared one is asked elsewhere. A run is recorded when
    its last operation has ended, whatever came of it."""
    policy: Policy = facts.policy
    if policy.directus is not None:
        facts.read(looking.RUNS)  # a trail that cannot be read is told, also while no Directus runs
    facts.read("directus.server")
    if policy.directus is None:
        raise CouldNotLook(
            "policy does not say where Directus keeps its trail",
            remedy="add `directus: {schema: public}` to it",
        )
    name = policy.flow.name
    row = next((r for r in facts.read("rows:flows") if r.values[0] == policy.flow.id), None)
    if row is None:
        yield Finding(name, "there is no such flow", "missing")
        return
    flow = dict(zip(FLOW_COLUMNS, row.values, strict=False))
    if flow["status"] != "active":
        yield Finding(name, f"it is {flow['status']}, so Directus does not load it", "inactive")
    elif flow["trigger"] != "schedule":
        yield Finding(name, f"it waits for {flow['trigger']}, not for a time", "trigger")
    elif flow["accountability"] is None:
        yield NotApplicable(name, "it keeps no record of its runs (accountability is null)")
    else:
        yield from _scheduled(facts, flow["options"])


def _scheduled(facts: Facts, options: object) -> Iterator[Judgement]:
    policy: Policy = facts.policy
    found = settings(options)
    try:
        schedule = read(found.get("cron") if isinstance(found, dict) else None)
    except NotASchedule as refused:
        yield Finding(policy.flow.name, f"its schedule never comes: {refused}", "cron")
        return
    window = _window(facts)
    yield from _compared(policy, schedule, window, [at for action, at in _trail(facts) if action == "run"])


def _trail(facts: Facts) -> list[tuple[str, datetime]]:
    """What was done to this flow, and by it."""
    rows = [row.values for row in facts.read(looking.RUNS)]
    return [(action, datetime.fromisoformat(at)) for _, action, of, at in rows if of == "directus_flows"]


def _window(facts: Facts) -> Window:
    """Not before this Directus, nor before the flow is what it is now: until then another schedule may have held."""
    firing = facts.policy.firing
    observed = datetime.fromisoformat(facts.observation.observed_at)
    late = timedelta(seconds=firing.late_seconds)
    began = [at + _LOADING for action, at in _trail(facts) if action in _WRITES]
    began += [datetime.fromisoformat(since.at) for since in facts.read("directus.since")]
    return Window(max([observed - timedelta(hours=firing.window_hours), *began]), observed, late)


def _compared(
    policy: Policy, schedule: Schedule, window: Window, runs: Sequence[datetime]
) -> Iterator[Judgement]:
    """Both ways: a fire that left no run, and a run without a fire, as of a second process or of an old schedule."""
    name, zone = policy.flow.name, policy.cadence.timezone
    wanted = list(fires(schedule, zone, window.begin - window.late, window.end))
    missed, others = matched(wanted, sorted(runs), window.late)
    due = [at for at in wanted if window.begin <= at <= window.end - window.late]
    lacking = [at for at in due if at in missed]
    surplus = [at for at in others if window.begin + window.late < at <= window.end]
    if lacking:
        told = f"{len(lacking)} of {len(due)} fires left no run, the first one that of {lacking[0].isoformat()}"
        yield Finding(name, told, "missed")
    if surplus:
        told = f"{len(surplus)} runs came when nothing was due, the first one at {surplus[0].isoformat()}"
        yield Finding(name, told, "unexpected")
    if not due and not surplus:
        yield NotApplicable(name, f"no fire was due yet since {window.begin.isoformat(timespec='seconds')}")


def matched(
    wanted: Sequence[datetime], runs: Sequence[datetime], late: timedelta
) -> tuple[set[datetime], list[datetime]]:
    """The fires without a run, and the runs without a fire: each takes the first one that is left. Both in order.

    A run is late until the next fire comes and no longer: what came later would be that one's, and where fires are
    close together each would take its neighbour's, so that a gap would wander to the end, where nothing is due yet.
    """
    missed: set[datetime] = set()
    others: list[datetime] = []
    at = 0
    for fire, following in zip_longest(wanted, wanted[1:]):
        while at < len(runs) and runs[at] < fire - _APART:
            others.append(runs[at])
            at += 1
        if at < len(runs) and runs[at] <= fire + late and _before(runs[at], fire, following):
            at += 1
        else:
            missed.add(fire)
    return missed, [*others, *runs[at:]]


def _before(run: datetime, fire: datetime, following: datetime | None) -> bool:
    """Nearer to this fire than two clocks are apart of the one that follows."""
    return following is None or run < following - min(_APART, (following - fire) / 2)
