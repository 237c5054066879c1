"""What a person reads before saying yes: the seven answers, what is written, the way back (document 001, 2.G).

The same text goes with the plan and, before anything is executed, to the document service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.flows import FLOW_COLUMNS, OPERATION_COLUMNS
from compliance.systems.birth_scan import desired
from compliance.systems.birth_scan.found import PARTIAL, observability
from compliance.systems.birth_scan.questions import ASKED, answers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compliance.core.flowdiff import Values
    from compliance.systems.birth_scan.answering import Answer
    from compliance.systems.birth_scan.drift import Target
    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts

UNREVIEWED = (
    "nobody has reviewed the cadence: set cadence.reviewed {by, at, reason} in the policy, then compile again"
)


def proposal(facts: Facts) -> str:
    """Why it is no more than one: nobody reviewed the cadence, or on a day that is still to come."""
    policy: Policy = facts.policy
    return "" if policy.cadence.reviewed_by(facts.observation.observed_at) else UNREVIEWED


def payloads(facts: Facts, found: Target, endpoint: str) -> dict[str, str]:
    """The same change in other forms. `endpoint`: the text of its file."""
    policy: Policy = facts.policy
    config, tool = found.rows[:-1], found.rows[-1]
    return {
        "flow.json": canonical.pretty(flow_body(found)),
        "config.json": canonical.pretty([dict(row.row) for row in config]),
        "tool.json": canonical.pretty(dict(tool.row)),
        "endpoint.ts": endpoint,
        "review.md": review(facts),
        "recovery.md": recovery(policy),
    }


def flow_body(found: Target) -> dict[str, Any]:
    """As one POST to /flows takes it: a nested `operation` would be 400 (FACTS, 'Flows')."""
    flow = _named(FLOW_COLUMNS, found.want.flows[0])
    return {**flow, "operations": [_named(OPERATION_COLUMNS, row) for row in found.want.operations]}


def _named(columns: Sequence[str], row: Values) -> dict[str, Any]:
    return dict(zip(columns, row, strict=True))


def review(facts: Facts) -> str:
    """`review.md`: it depends on policy and on what was seen, and on no time."""
    questions = [line for answer in answers(facts) for line in _answered(answer)]
    return "\n".join([*_head(facts), "", "## The seven questions", "", *questions, *_written(facts)]) + "\n"


def _answered(answer: Answer[Any]) -> Iterator[str]:
    """The answer, and what it rests on."""
    asked = ASKED[answer.question - 1]
    yield f"### {answer.question}. {asked[:1].upper()}{asked[1:]}"
    yield ""
    if answer.said:
        yield answer.said
        yield ""
    yield from (f"- not answered: {reason.seen}; what is needed: {reason.needed}" for reason in answer.open)
    yield from (f"- {evidence.section}: {evidence.seen}" for evidence in answer.evidence)
    yield ""


def _head(facts: Facts) -> Iterator[str]:
    policy: Policy = facts.policy
    status = observability(facts)
    told = "the whole answer is kept as JSON"
    if status == PARTIAL:
        told = (
            f"{policy.issues.relation} has no column of JSON, so only a text is kept, which is not structured"
        )
    yield f"# {policy.flow.name}: scheduler, endpoint, registration"
    yield ""
    reviewed = "reviewed" if not proposal(facts) else "**PROPOSAL: nobody has reviewed it**"
    yield f"- Cadence: `{policy.cadence.cron}` in {policy.cadence.timezone}, {reviewed}"
    yield f"- Caller: {_caller(policy)}"
    yield f"- observability_status: {status}: {told}"
    yield f"- Calls `{policy.function.signature}`, which is there already and is not changed"


def _caller(policy: Policy) -> str:
    if policy.auth is None:
        return "undecided"
    if not policy.auth.required:
        return f"whoever reaches the server may call: {policy.auth.reason}"
    return f"header {policy.auth.header}; {policy.auth.env} in flows, {policy.auth.server_env} in the server"


def _written(facts: Facts) -> Iterator[str]:
    policy: Policy = facts.policy
    columns = desired.columns_of(policy.tool, facts.read("catalog.columns"))
    absent = [field for field in ("cron", *policy.tool.values) if field not in columns]
    yield "## What is written"
    yield ""
    yield f"- the file `{policy.endpoint.file}`, by a plan of its own"
    yield f"- in one transaction: flow `{policy.flow.id}` with its operations; `{policy.config.enabled}` and"
    yield f"  `{policy.config.cadence}` in {policy.config.relation}; one row of {policy.tool.relation}"
    yield ""
    yield f"## Fields of the tool, and their columns in {policy.tool.relation}"
    yield ""
    yield from (f"- {field}: `{column}`" for field, column in sorted(columns.items()))
    yield from (f"- {field}: no column, so it is left out" for field in absent)
    yield ""
    yield from recovery(policy).splitlines()


def recovery(policy: Policy) -> str:
    """The way back, and what to do when something is lost (document 001, 2.F and 5)."""
    remove = [
        f"flow `{policy.flow.name}` ({policy.flow.id}) and its operations",
        f"`{policy.config.cadence}` and `{policy.config.enabled}` in {policy.config.relation}, if it made them",
        f"the row of {policy.tool.relation}, if it made it",
        f"`{policy.endpoint.file}`, if it made it, by the rollback of the plan that wrote it",
    ]
    keep = [
        f"`{policy.function.signature}`, the helper, the gate and their triggers: no plan names them",
        f"any other key of {policy.config.relation}, any other row of {policy.tool.relation}",
        f"whatever scans have left in {policy.issues.relation}",
    ]
    lines = [
        "## The way back",
        "",
        "`compliance rollback RECEIPT` removes what the receipt says was made, row by row, and gives back what was",
        "there:",
        "",
        *(f"- {line}" for line in remove),
        "",
        "It never removes:",
        "",
        *(f"- {line}" for line in keep),
        "",
        "To stop scans at once, without a rollback: set "
        f"`{policy.config.enabled}` to `false`. The next fire does nothing and says so.",
        "",
        "## When something is lost",
        "",
        "- The flow is gone after the container was made anew: `compliance compile birth_scan`, then apply the seed.",
        "  Ids follow from policy, so that it is the same flow; what is there already stays.",
        "- The file is gone or was changed: compile again; a plan of kind `preparation` writes it.",
        "- The running Directus fires something else than its tables say: apply reloads it; a restart does too.",
        "- A call failed: the run of the flow says it, and so does an issue. A scan is one transaction, so that",
        "  nothing of a failed one is there; the next one finds the same gaps.",
    ]
    return "\n".join(lines) + "\n"
