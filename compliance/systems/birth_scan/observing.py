"""Question 6: can a summary be kept in the issues, and as what (document 001, 2.E)? No table and no column is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.finding import Finding, Judgement, NotApplicable, Note
from compliance.core.needs import split_name
from compliance.systems.birth_scan import looking
from compliance.systems.birth_scan.answering import Answer, Evidence, Open, findings, unanswered
from compliance.systems.birth_scan.conditions import Value
from compliance.systems.birth_scan.found import PARTIAL, observability, structured
from compliance.systems.birth_scan.function import may
from compliance.systems.birth_scan.shape import TEXTS, columns_of, kind, misfits
from compliance.systems.birth_scan.vocabularies import mapped, of_issues

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.facts import Column
    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts

BLOCKED = "BLOCKED_FOR_OBSERVABILITY_DECISION"
_DECISION = f"{BLOCKED}: a decision on how a run is observed; no table and no column is made for it"
# What is another one in each row.
_VARYING = ("title", "description", "severity", "run_id")


class Issues(NamedTuple):
    """`status`: FULL or PARTIAL. `columns`: by field, `structured` among them; `left_out`: fields without a column."""

    status: str
    columns: Mapping[str, str]
    structured: str | None
    left_out: tuple[str, ...]


def issues(facts: Facts) -> Answer[Issues]:
    """Of each field the first candidate that there is; and whether what is made of them would be let in."""
    policy: Policy = facts.policy
    relation = policy.issues.relation
    columns = columns_of(facts, relation)
    if not columns:
        return unanswered(6, [Open("missing", f"there is no table {relation}", _DECISION)])
    found = mapped(policy.issues, columns)
    found.pop("structured", None)
    json = structured(facts)
    evidence = [Evidence("catalog.columns", f"{relation}: {_told(columns)}")]
    if (words := of_issues(facts, "severity")) is not None:
        evidence.append(Evidence(looking.VOCABULARY, f"{words.column}: {words}"))
    reasons = [*_unmappable(policy, found, json), *_refused(facts, found, json), *_unknown_words(facts, found)]
    reasons += [*_unrecorded(facts), *_forbidden(facts)]
    if reasons:
        return unanswered(6, reasons, evidence)
    status = observability(facts)
    said = f"observability_status={status}: " + (
        f"as JSON in {json}" if json else "as a text, for want of a column of JSON"
    )
    left_out = tuple(sorted(policy.issues.columns.keys() - found.keys() - {"structured"}))
    return Answer(6, said, Issues(status, found, json, left_out), tuple(evidence))


def _unmappable(policy: Policy, found: Mapping[str, str], json: str | None) -> Iterator[Open]:
    """What a summary cannot do without."""
    relation = policy.issues.relation
    if not {"run_id", "title"} & found.keys():
        yield Open(
            "run",
            f"{relation} has no column for run_id or title, so no summary can be told by its run",
            _DECISION,
        )
    if "description" not in found and json is None:
        yield Open("content", f"{relation} has a column neither for a text nor for JSON", _DECISION)
    if not (policy.issues.values.keys() - {*_VARYING}) & found.keys():
        yield Open("kind", f"{relation} has no column that would tell a summary from other issues", _DECISION)


def _refused(facts: Facts, found: Mapping[str, str], json: str | None) -> Iterator[Open]:
    """Would the table take the row, at either severity?"""
    policy: Policy = facts.policy
    columns = columns_of(facts, policy.issues.relation)
    for field in ("title", "description"):
        if field in found and kind(columns[found[field]]) not in TEXTS:
            yield Open(
                f"{found[field]}-type", f"{found[field]} is {columns[found[field]].type}, no text", _DECISION
            )
    said: set[Open] = set()
    for severity in policy.issues.severity.values():
        given: dict[str, Any] = {found[f]: v for f, v in policy.issues.values.items() if f in found}
        given |= {found[f]: Value.SOME for f in _VARYING if f in found}
        given |= {found["severity"]: severity} if "severity" in found else {}
        given |= {json: Value.SOME} if json else {}
        for reason in misfits(facts, policy.issues.relation, given, _DECISION):
            if reason not in said:
                said.add(reason)
                yield reason


def _unknown_words(facts: Facts, found: Mapping[str, str]) -> Iterator[Open]:
    """A severity has to be a known one. Another word may be new, but not where its column says what there is."""
    policy: Policy = facts.policy
    fields = [f for f in policy.issues.values if f in found and f not in ("title", "description", "entity")]
    for field in dict.fromkeys((*(["severity"] if "severity" in found else []), *fields)):
        words = of_issues(facts, field)
        wanted = policy.issues.severity.values() if field == "severity" else [policy.issues.values[field]]
        for word in wanted:
            closed = words is not None and (field == "severity" or words.declared)
            if words is not None and closed and not words.knows(word):
                needed = f"a value of it for {field}, under issues"
                yield Open(f"{field}-{word}", f"'{word}' is no word of {words.column} ({words})", needed)


def _unrecorded(facts: Facts) -> Iterator[Open]:
    """The row that a failed call leaves, written by the flow."""
    policy: Policy = facts.policy
    failures = policy.flow.failures
    relation = f"{split_name(policy.issues.relation)[0]}.{failures.collection}"
    if not columns_of(facts, relation):
        yield Open("failures", f"there is no table {relation}", "a collection that records failed calls")
        return
    given = {failures.title: f"{policy.flow.name} failed at scan", **failures.values}
    needed = "values, under flow.failures, with which a failed call can be recorded"
    for name in sorted(given.keys() - columns_of(facts, relation).keys()):
        yield Open(f"failures-{name}", f"{failures.collection} has no column {name}", needed)
    for reason in misfits(facts, relation, given, needed):
        yield reason._replace(facet=f"failures-{reason.facet}", seen=f"a failed call: {reason.seen}")


def _forbidden(facts: Facts) -> Iterator[Open]:
    """The role behind the endpoint reads and writes summaries, and asks the kill switch."""
    policy: Policy = facts.policy
    role, table, config = policy.function.caller, policy.issues.relation, policy.config.relation
    for relation, privilege in ((table, "INSERT"), (table, "SELECT"), (config, "SELECT")):
        if not may(facts, role, "relation", relation, privilege):
            told = f"{role} has no {privilege} on {relation}"
            yield Open(
                f"{privilege.lower()}-{relation}", told, f"grant it to {role}, by whoever owns the table"
            )


def _told(columns: Mapping[str, Column]) -> str:
    return ", ".join(f"{c.name} {c.type}{'' if c.nullable else ' not null'}" for c in columns.values())


def runs_can_be_observed(facts: Facts) -> Iterator[Judgement]:
    """Question 6 has an answer."""
    yield from findings(facts.policy.issues.relation, issues(facts))


def summaries_say_what_they_are(facts: Facts) -> Iterator[Judgement]:
    """A summary holds its answer as JSON, or says that it is part of it: a text is never called structured."""
    policy: Policy = facts.policy
    relation = policy.issues.relation
    yield Note(relation, "observability_status", observability(facts))
    names = looking.columns(policy.issues)
    fields = mapped(policy.issues, columns_of(facts, relation))
    if "issue_type" not in policy.issues.values or "issue_type" not in fields:
        facts.read(looking.VOCABULARY)
        yield NotApplicable(
            relation, "no kind of issue tells summaries from other issues, so none was looked at"
        )
        return
    json = structured(facts)
    for row in facts.read(looking.summaries(policy.issues, fields["issue_type"])):
        held = dict(zip(names, row.values[1:], strict=True))
        content = held.get(json) if json else None
        text = held.get(fields.get("description", ""))
        whole = isinstance(content, dict) and {policy.result.status, policy.result.run_id} <= content.keys()
        if not whole and f"observability_status={PARTIAL}" not in str(text):
            run = str(row.values[0])
            yield Finding(
                relation, f"the summary {run} holds no whole answer, and does not say that it is partial", run
            )
