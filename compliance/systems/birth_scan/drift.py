"""Repairable differences between policy and estate: of the flow, of the two keys, of the tool row; both ways.

What means the same is no difference and keeps its spelling: a cadence that fires at the same instants, and options kept
as text. A kill switch that is off is a decision of whoever runs the estate; only one that is neither on nor off is
repaired.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import cron
from compliance.core.change import Differs, Drift, Missing, Undeclared
from compliance.core.errors import CouldNotLook
from compliance.core.flowdiff import JUDGED_OF_OPERATION, differing, kept
from compliance.core.flows import FLOW_COLUMNS, settings
from compliance.core.flowsql import Side
from compliance.systems.birth_scan import desired as declaring
from compliance.systems.birth_scan.rows import BOOLEANS, Table, same, spelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from compliance.core.flowdiff import Values
    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts

_CRON, _OPTIONS = "cron", FLOW_COLUMNS.index("options")


class Wanted(NamedTuple):
    """A row of a governed table as it has to be, and as it is; None: it is missing. `label`: what a person calls it."""

    label: str
    table: Table
    row: Mapping[str, Any]
    found: Mapping[str, Any] | None


class Target(NamedTuple):
    """All that is declared and all that is there of it. `more`: rows beside a declared one, under its name."""

    want: Side
    there: Side
    rows: tuple[Wanted, ...]
    more: tuple[str, ...]


def target(facts: Facts) -> Target:
    """Where something means what is declared, it is declared as it is spelled there."""
    policy: Policy = facts.policy
    want = declaring.desired(policy)
    there = _there(want, *(_values(facts, f"rows:{table}") for table in ("flows", "operations")))
    tool = _tool(facts)
    more = len(_named(facts, tool.table, policy)) - 1
    return Target(
        _as_spelled(want, there),
        there,
        (*_config(facts), tool),
        (f"{tool.label} ({more} more of this name)",) if more > 0 else (),
    )


def drift(facts: Facts) -> list[Drift]:
    """Every difference, in an order of names alone."""
    found = target(facts)
    return [
        *map(Undeclared, found.more),
        *_of_flow(facts.policy, found),
        *(difference for wanted in found.rows for difference in _of_row(wanted)),
    ]


def _values(facts: Facts, section: str) -> list[Values]:
    return [row.values for row in facts.read(section)]


# --- flow --------------------------------------------------------------------------------------------------------


def _there(want: Side, flows: Sequence[Values], operations: Sequence[Values]) -> Side:
    """The flow of this id, whatever its name; its operations, and those that have to be its, wherever they are."""
    flow, ours = want.flows[0][0], {row[0] for row in want.operations}
    return Side(
        tuple(row for row in flows if row[0] == flow),
        tuple(row for row in operations if row[4] == flow or row[0] in ours),
    )


def _as_spelled(want: Side, there: Side) -> Side:
    flow, found = want.flows[0], next(iter(there.flows), None)
    if found is not None:
        options = settings(found[_OPTIONS])
        wanted = _same_fires(flow[_OPTIONS][_CRON], options)
        flow = kept((*flow[:_OPTIONS], {_CRON: wanted}, *flow[_OPTIONS + 1 :]), found)
    by_id = there.rows("operations")
    return Side((flow,), tuple(kept(row, by_id.get(row[0])) for row in want.operations))


def _same_fires(wanted: str, options: Any) -> Any:
    """What is there, where Directus takes it and it fires at the same instants."""
    found = options.get(_CRON) if isinstance(options, dict) else None
    return found if cron.accepted_by_directus(found) is None and cron.equal(wanted, found) else wanted


def _of_flow(policy: Policy, found: Target) -> Iterator[Drift]:
    name, there = policy.flow.name, found.there
    if not there.flows:
        yield Missing(name)
    for flow, row in zip(found.want.flows, there.flows, strict=False):
        yield from (Differs(name, *change) for change in differing(FLOW_COLUMNS, flow, row))
    here = there.rows("operations")
    for row in found.want.operations if there.flows else ():
        if row[0] not in here:
            yield Differs(name, f"{row[2]} missing", _gist(row), None)
            continue
        for column, declared, observed in differing(JUDGED_OF_OPERATION, row, here[row[0]]):
            yield Differs(name, f"{row[2]} {column}", declared, observed)
    want = found.want.rows("operations")
    for row in sorted((r for i, r in here.items() if i not in want), key=lambda r: (str(r[2]), str(r[0]))):
        yield Differs(name, f"{row[2]} undeclared", None, _gist(row))


def _gist(row: Values) -> Mapping[str, Any]:
    return {"id": row[0], "key": row[2], "type": row[3]}


# --- rows --------------------------------------------------------------------------------------------------------


def _config(facts: Facts) -> Iterator[Wanted]:
    policy: Policy = facts.policy
    names = policy.config
    table = Table.of(names.relation, "rows:birth_config", names.key, facts.read("catalog.columns"))
    there = {str(values[0]): values[1] for values in _values(facts, table.section)}
    for key, row in declaring.config(policy).items():
        value: Any = True if key == names.enabled and names.value in table.json else row[names.value]
        found = {names.key: key, names.value: there[key]} if key in there else None
        json = names.value in table.json
        if found is not None and _means(policy, key, value, there[key], json=json):
            value = there[key]
        turned = table._replace(switch=names.value) if key == names.enabled else table
        yield Wanted(key, turned, {**row, names.value: value}, found)


def _means(policy: Policy, key: str, wanted: Any, found: Any, *, json: bool) -> bool:
    """Is a value as good as the one that is declared?"""
    if key == policy.config.enabled:
        return spelled(found, json=json) in BOOLEANS
    return cron.equal(wanted, found)


def switches(facts: Facts) -> list[str]:
    """The kill switch wherever it stands, as the endpoint reads it: it asks for the text of the column, and of JSON
    that is `true` of a boolean and `"true"`, which is neither, of a text."""
    names = facts.policy.config
    json = names.value in Table.of(names.relation, "", names.key, facts.read("catalog.columns")).json
    return [
        spelled(row.values[1], json=json)
        for row in facts.read("rows:birth_config")
        if row.values[0] == names.enabled
    ]


def _tool(facts: Facts) -> Wanted:
    policy: Policy = facts.policy
    columns = facts.read("catalog.columns")
    mapped = declaring.columns_of(policy.tool, columns)
    key = next((mapped[field] for field in policy.tool.identity if field in mapped), None)
    if key is None:
        listed = ", ".join(policy.tool.identity)
        raise CouldNotLook(
            f"{policy.tool.relation} has no column for any of {listed}, so nothing names its rows",
            remedy="name a column of it under tool.columns",
        )
    table = Table.of(policy.tool.relation, "rows:dot_tools", key, columns)
    row = declaring.tool_row(policy, columns)
    there = next(iter(_named(facts, table, policy)), None)
    found = {c: there[c] for c in row} if there is not None else None
    schedule = mapped.get("cron")
    if found and schedule and cron.equal(row[schedule], found[schedule]):
        row = {**row, schedule: found[schedule]}
    return Wanted(tool_label(policy), table, row, found)


def tool_label(policy: Policy) -> str:
    """What its row is called, whichever column names it."""
    return f"tool {policy.tool.values[policy.tool.identity[0]]}"


def _named(facts: Facts, table: Table, policy: Policy) -> list[dict[str, Any]]:
    """The rows of the tool's name, by column. The value that names a row stands before all others."""
    name = declaring.tool_row(policy, facts.read("catalog.columns"))[table.key]
    columns = declaring.candidates(policy.tool)
    found = [values for values in _values(facts, table.section) if spelled(values[0]) == spelled(name)]
    return [dict(zip(columns, values[1:], strict=True)) for values in found]


def _of_row(wanted: Wanted) -> Iterable[Drift]:
    if wanted.found is None:
        return [Missing(wanted.label)]
    return [
        Differs(wanted.label, column, wanted.row[column], value)
        for column, value in wanted.found.items()
        if not same(wanted.row[column], value, json=column in wanted.table.json)
    ]
