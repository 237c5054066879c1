"""When the scan is to run stands in several places, by design (document 001, 2.B): they may not say different things.

Two are equal if they fire at the same instants, however they are written. What Directus would not take is no cadence,
though a person may read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import cron
from compliance.core.errors import CouldNotLook
from compliance.core.finding import Finding, Judgement, Unseen
from compliance.core.flows import FLOW_COLUMNS, settings
from compliance.systems.birth_scan import allowing, looking
from compliance.systems.birth_scan import desired as declaring
from compliance.systems.birth_scan.rows import spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts

_UTC = frozenset({"", "UTC", "Etc/UTC", "GMT", "Etc/GMT", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal"})
_TRIGGER, _OPTIONS = FLOW_COLUMNS.index("trigger"), FLOW_COLUMNS.index("options")


class Place(NamedTuple):
    """Where a cadence stands. `name`: policy, config, flow or tool."""

    name: str
    label: str
    value: Any

    def __str__(self) -> str:
        return f"{self.label} says {spelled(self.value)}"


def directus_takes_each_and_they_are_one(facts: Facts) -> Iterator[Judgement]:
    """Readiness: each cadence that stands somewhere is one that fires, and those of the estate are one. That policy
    says another one is a change to be made, and no obstacle."""
    there = list(present(facts))
    for place in (declared(facts), *there):
        if (why := cron.accepted_by_directus(place.value)) is not None:
            yield Finding(place.name, f"{place}, which never fires on this Directus: {why}", "refused")
    readable = [place for place in there if cron.meaning(place.value) is not None]
    for place in readable[1:]:
        if not cron.equal(readable[0].value, place.value):
            yield Finding(
                place.name,
                f"two truths: {place}, and {readable[0]}; nobody knows which one was meant",
                "unequal",
            )


def cadence_is_equal_everywhere(facts: Facts) -> Iterator[Judgement]:
    """Conformance: each place has it, it means what policy says, and Directus reads it by the clock of policy."""
    want, there = declared(facts), list(present(facts))
    for name, label in _labels(facts).items():
        if not any(place.name == name for place in there):
            yield Finding(name, f"{label} says no cadence", "missing")
    for place in there:
        if not cron.equal(want.value, place.value):
            yield Finding(place.name, f"{place}, declared is {spelled(want.value)}", "unequal")
    yield from _clock(facts)


def declared(facts: Facts) -> Place:
    """Of policy."""
    return Place("policy", "policy", facts.policy.cadence.cron)


def present(facts: Facts) -> Iterator[Place]:
    """All that the estate says, also where it says it twice."""
    policy: Policy = facts.policy
    labels = _labels(facts)
    for key, value in _pairs(facts, looking.CONFIG):
        if key == policy.config.cadence:
            yield Place("config", labels["config"], value)
    for row in facts.read("rows:flows"):
        if row.values[0] == policy.flow.id and row.values[_TRIGGER] == "schedule":
            options = settings(row.values[_OPTIONS])
            if isinstance(options, dict) and "cron" in options:
                yield Place("flow", labels["flow"], options["cron"])
    yield from (Place("tool", labels["tool"], value) for value in _of_tool(facts))


def _labels(facts: Facts) -> dict[str, str]:
    """The places where it has to stand. A tool table without such a column is no place."""
    policy: Policy = facts.policy
    column = declaring.columns_of(policy.tool, facts.read("catalog.columns")).get("cron")
    labels = {
        "config": f"{policy.config.relation} {policy.config.cadence}",
        "flow": f"the flow {policy.flow.name}",
    }
    return labels | ({"tool": f"{policy.tool.relation}.{column}"} if column is not None else {})


def _pairs(facts: Facts, section: str) -> Sequence[tuple[Any, Any]]:
    return [(row.values[0], row.values[1]) for row in facts.read(section)]


def _of_tool(facts: Facts) -> Iterator[Any]:
    """Of each row of the tool's name that has one."""
    policy: Policy = facts.policy
    columns, rows = facts.read("catalog.columns"), facts.read(looking.TOOLS)
    row, mapped = declaring.tool_row(policy, columns), declaring.columns_of(policy.tool, columns)
    key = next((mapped[field] for field in policy.tool.identity if field in mapped), None)
    if key is None or "cron" not in mapped:
        return
    at = 1 + declaring.candidates(policy.tool).index(mapped["cron"])
    for found in rows:
        if spelled(found.values[0]) == spelled(row[key]) and found.values[at] is not None:
            yield found.values[at]


def _clock(facts: Facts) -> Iterator[Judgement]:
    """Directus fires by the local time of its process. Where its environment cannot be read, or leaves the variable
    open, nobody can know."""
    policy: Policy = facts.policy
    zone = policy.cadence.timezone
    try:
        found = (allowing.running if policy.environment.running else allowing.directus)(facts).get("TZ", "")
    except CouldNotLook as error:
        yield Unseen("flow", f"the local time of Directus is not known: {error.message}")
        return
    if found is None:
        yield Unseen("flow", "TZ of Directus is left to whoever starts it, so its local time is not known")
    elif found != zone and not {found, zone} <= _UTC:
        yield Finding("flow", f"Directus runs by the clock of {found or 'UTC'}, declared is {zone}", "clock")
