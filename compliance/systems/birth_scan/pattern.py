"""Questions 1 and 2: the flow that is copied from, its operations, its row among the tools (document 001, 2.A, 2.C)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.finding import Finding
from compliance.core.flows import flows_of
from compliance.core.needs import split_name
from compliance.systems.birth_scan import looking
from compliance.systems.birth_scan.answering import Answer, Evidence, Open, findings, unanswered
from compliance.systems.birth_scan.desired import candidates, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.finding import Judgement
    from compliance.core.flows import Flow, Operation
    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts


class Pattern(NamedTuple):
    """The flow that is known to work: when it fires, and its operations as they are reached; `request`: the call."""

    flow: Flow
    cron: str
    operations: tuple[Operation, ...]
    request: Operation


class Registered(NamedTuple):
    """The pattern's row among the tools by column; None: there is none, which is an answer and a gap to address."""

    row: Mapping[str, Any] | None


def pattern(facts: Facts) -> Answer[Pattern]:
    """Question 1: the flow of this name, which is scheduled, is active and sends a request."""
    policy: Policy = facts.policy
    flows = flows_of(facts.read("rows:flows"), facts.read("rows:operations"))
    named = [flow for flow in flows.flows.values() if flow.name == policy.pattern.flow]
    if len(named) != 1:
        told = f"{len(named)} flows are named '{policy.pattern.flow}'"
        return unanswered(1, [Open("flow", told, "the name, in pattern.flow, of the one flow to copy from")])
    flow = named[0]
    steps = tuple(step.operation for step in flows.chain(flow))
    request = next((operation for operation in steps if operation.type == "request"), None)
    cron, reasons = flow.option("cron"), list(_unfit(flow, request))
    keys = ", ".join(f"{operation.key} ({operation.type})" for operation in steps)
    evidence = (
        Evidence("rows:flows", f"{flow.name} ({flow.id}): {flow.status}, {flow.trigger}, cron {cron}"),
        Evidence("rows:operations", keys or "no operation is reached"),
    )
    if reasons or request is None:
        return unanswered(1, reasons, evidence)
    said = f"'{flow.name}' fires by '{cron}', through {keys}"
    return Answer(1, said, Pattern(flow, str(cron), steps, request), evidence)


def _unfit(flow: Flow, request: Operation | None) -> Iterator[Open]:
    if flow.status != "active":
        yield Open(
            "status", f"'{flow.name}' is {flow.status or 'without a status'}", "a pattern that is active"
        )
    if flow.trigger != "schedule" or not isinstance(flow.option("cron"), str) or not flow.option("cron"):
        yield Open("trigger", f"'{flow.name}' is not triggered by a schedule", "a pattern with a schedule")
    if request is None:
        yield Open("request", f"'{flow.name}' reaches no request", "a pattern that calls an endpoint")


def registered(facts: Facts) -> Answer[Registered]:
    """Question 2: the row that bears its code, or its name. That there is none is an answer too."""
    policy: Policy = facts.policy
    relation, tool = policy.tool.relation, policy.tool
    mapped = columns_of(tool, facts.read("catalog.columns"))
    naming = [mapped[field] for field in tool.identity if field in mapped]
    if not naming:
        listed = ", ".join(name for field in tool.identity for name in tool.columns[field])
        told = (
            f"{relation} has none of the columns {listed}"
            if there(facts, relation)
            else f"there is no {relation}"
        )
        return unanswered(2, [Open("identity", told, "the column that names a tool, under tool.columns")])
    wanted = (policy.pattern.tool, policy.pattern.flow)
    found = [row for row in tools(facts) if any(row[column] in wanted for column in naming)]
    evidence = (Evidence(looking.TOOLS, _told(found, naming)),)
    if len(found) > 1:
        told = f"{len(found)} rows of {relation} are {' or '.join(map(repr, wanted))}"
        return unanswered(2, [Open("row", told, "one row for it, or none")], evidence)
    said = (
        f"registered in {relation} as {found[0][naming[0]]}"
        if found
        else f"not registered in {relation}: a gap"
    )
    return Answer(2, said, Registered(found[0] if found else None), evidence)


def _told(rows: list[dict[str, Any]], naming: list[str]) -> str:
    return (
        "; ".join(", ".join(f"{n} = {row[n]!r}" for n in naming) for row in rows)
        or "no row bears its code or name"
    )


def tools(facts: Facts) -> list[dict[str, Any]]:
    """The rows of tools by column; of a column that is not there the value is None."""
    columns = candidates(facts.policy.tool)
    return [dict(zip(columns, row.values[1:], strict=True)) for row in facts.read(looking.TOOLS)]


def there(facts: Facts, relation: str) -> bool:
    """Is there such a table?"""
    return split_name(relation) in {(r.schema, r.name) for r in facts.read("catalog.relations")}


def pattern_is_there(facts: Facts) -> Iterator[Judgement]:
    """Question 1 has an answer, and Directus' own tables that tell of flows and of words are there."""
    for table in ("directus_activity", "directus_fields"):
        relation = f"{facts.policy.directus}.{table}"
        if facts.policy.directus is not None and not there(facts, relation):
            yield Finding(table, f"there is no table {relation}", "missing")
    yield from findings(facts.policy.pattern.flow, pattern(facts))


def pattern_is_looked_up(facts: Facts) -> Iterator[Judgement]:
    """Question 2 has an answer, be it that there is no row."""
    yield from findings(facts.policy.pattern.tool, registered(facts))
