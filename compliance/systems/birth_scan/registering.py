"""Question 7: what the table of tools is made of, and which of its words are in use (document 001, section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.systems.birth_scan import looking
from compliance.systems.birth_scan.answering import Answer, Evidence, Open, findings, unanswered
from compliance.systems.birth_scan.desired import columns_of as mapped_of
from compliance.systems.birth_scan.desired import tool_row
from compliance.systems.birth_scan.shape import columns_of, misfits
from compliance.systems.birth_scan.vocabularies import of_tools

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.finding import Judgement
    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts


class Tools(NamedTuple):
    """`columns`: by field; `left_out`: fields of values without a column; `words`: by field, what is known of it."""

    columns: Mapping[str, str]
    left_out: tuple[str, ...]
    row: Mapping[str, Any]
    words: Mapping[str, str]


def tools(facts: Facts) -> Answer[Tools]:
    """The row mapped onto the columns that there are, with words that are declared or in use."""
    policy: Policy = facts.policy
    tool, relation = policy.tool, policy.tool.relation
    columns = columns_of(facts, relation)
    if not columns:
        return unanswered(7, [Open("missing", f"there is no table {relation}", "the table of tools")])
    found = mapped_of(tool, facts.read("catalog.columns"))
    known = {field: of_tools(facts, field) for field in tool.vocabulary if field in found}
    words = {field: str(said) for field, said in known.items() if said is not None}
    evidence = (
        Evidence("catalog.columns", f"{relation}: {', '.join(f'{c.name} {c.type}' for c in columns.values())}"),
        *(Evidence(looking.TOOLS, f"{found[field]}: {said}") for field, said in words.items()),
    )
    reasons = list(_unmapped(policy, found))
    row = tool_row(policy, facts.read("catalog.columns"))
    needed = "the columns of it, under tool.columns, and values for them"
    reasons += misfits(facts, relation, row, needed, once=True)
    for field, said in known.items():
        word = str(tool.values[field])
        if said is not None and not said.knows(word):
            needed = f"a value of it for {field}, under tool.values"
            reasons.append(Open(f"{field}-{word}", f"'{word}' is no word of {said.column} ({said})", needed))
    if reasons:
        return unanswered(7, reasons, evidence)
    left_out = tuple(sorted(tool.values.keys() - found.keys()))
    listed = ", ".join(f"{field} in {column}" for field, column in found.items())
    said_of = f"{listed}; without a column: {', '.join(left_out) or 'nothing'}"
    return Answer(7, said_of, Tools(found, left_out, row, words), evidence)


def _unmapped(policy: Policy, found: Mapping[str, str]) -> Iterator[Open]:
    """Without a name there is no row, and without a cadence it would say nothing of what it is there for."""
    tool = policy.tool
    if not any(field in found for field in tool.identity):
        listed = ", ".join(name for field in tool.identity for name in tool.columns[field])
        yield Open("identity", f"{tool.relation} has none of the columns {listed}", "one that names a tool")
    if "cron" not in found:
        listed = ", ".join(tool.columns["cron"])
        yield Open("cron", f"{tool.relation} has none of the columns {listed}", "one that holds a cadence")


def tools_can_be_registered(facts: Facts) -> Iterator[Judgement]:
    """Question 7 has an answer."""
    yield from findings(facts.policy.tool.relation, tools(facts))
