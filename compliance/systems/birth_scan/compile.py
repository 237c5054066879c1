"""Seed and migration of the scheduled scan: document 001, 2.B, 2.F and 3.

Configuration, tool and flow are steps of one plan, so one transaction: a cadence moves in all places or in none. What a
plan may write is counted up here, and is the list of what its rollback may remove; the function, the soft gate, the
triggers, the policy of siblings and whatever was recorded are not in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from compliance.core.change import Compiled
from compliance.core.errors import Refused
from compliance.core.flowdiff import same
from compliance.core.flowsql import Side, Writer
from compliance.core.footprint import FactKey
from compliance.core.needs import split_name
from compliance.core.obstacles import check_restorable, check_unobstructed
from compliance.systems.birth_scan.desired import columns_of
from compliance.systems.birth_scan.drift import Target, Wanted, target
from compliance.systems.birth_scan.found import observability
from compliance.systems.birth_scan.looking import CONFIG, TOOLS
from compliance.systems.birth_scan.pattern import tools
from compliance.systems.birth_scan.prepare import endpoint_of
from compliance.systems.birth_scan.review import payloads, proposal
from compliance.systems.birth_scan.rows import same as same_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from compliance.core.change import Step
    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts

SYSTEM = "birth_scan"


def compile(facts: Facts) -> tuple[Compiled, ...]:  # noqa: A001  the field's word, and the protocol's
    """The seed, and the migration that repairs exactly the drift of this observation."""
    policy: Policy = facts.policy
    check_decided(policy)
    found = target(facts)
    _check_unambiguous(found)
    writer = Writer(facts.policies["platform"].directus.schema, facts.read("catalog.columns"))
    flow = found.want.flows[0][1]
    seed = [
        *(wanted.table.insert(f"set up {wanted.label}", wanted.row, wanted.found) for wanted in found.rows),
        writer.insert(flow, found.want, found.there),
    ]
    changed = [wanted for wanted in found.rows if _differs(wanted)]
    steps = [wanted.table.change(_titled(wanted), wanted.row, wanted.found) for wanted in changed]
    if _flow_differs(found):
        steps.append(_flow_step(facts, writer, found))
    stays = staying(facts, found)
    for step in (*seed, *steps):
        check_kept(step, found, stays)
    told = payloads(facts, found, endpoint_of(facts))
    return (
        _compiled(facts, "seed", "the scheduled scan: configuration, tool and flow", seed, told),
        _compiled(facts, "migration", _title(steps), steps, told if steps else {}),
    )


def _compiled(
    facts: Facts, kind: Literal["seed", "migration"], title: str, steps: Sequence[Step], told: dict[str, str]
) -> Compiled:
    """Marked as what it is: a proposal where nobody reviewed the cadence, and how much of a scan can be recorded."""
    return Compiled(
        SYSTEM, kind, title, tuple(steps), payloads=told,
        proposal=proposal(facts),
        notes={"observability_status": observability(facts)},
    )  # fmt: skip


def check_decided(policy: Policy) -> None:
    """An endpoint that anybody may call is a decision too, and somebody has to take it."""
    if policy.auth is None:
        raise Refused(
            "auth_decision: the policy says neither how a caller is known nor that none has to be",
            remedy="set auth in the policy: {header, env, server_env}, or {none: {reason}}",
        )


def _check_unambiguous(found: Target) -> None:
    if found.more:
        raise Refused(
            "rows of one name: nothing tells which one is meant",
            reasons=found.more,
            remedy="remove or rename all but one, then compile again",
        )


def writable(found: Target) -> frozenset[FactKey]:
    """All that a plan may write: what document 001 lets a rollback remove (2.F), row by row.

    Of operations those of the flow and those that have to be its; nobody else's, even of the same kind.
    """
    operations = {row[0] for side in (found.want, found.there) for row in side.operations}
    return frozenset(
        {
            *(FactKey("rows:flows", str(row[0])) for row in found.want.flows),
            *(FactKey("rows:operations", str(operation)) for operation in operations),
            *(FactKey(w.table.section, str(w.row[w.table.key])) for w in found.rows),
        }
    )


class Staying(NamedTuple):
    """What no step may write, whoever says that it is the scheduler's: rows by key; whole tables, by section."""

    rows: frozenset[FactKey]
    sections: frozenset[str]

    def holds(self, key: FactKey) -> bool:
        """Is it one of these, or does it stand for all rows of a table that holds one?"""
        whole = key.subject is None and any(row.section == key.section for row in self.rows)
        return whole or key in self.rows or key.section in self.sections


def staying(facts: Facts, found: Target) -> Staying:
    """Of the pattern its flow, operations and tool; the keys of other policy; what policy of the platform preserves.

    None of it follows from what the scheduler calls its own, so that a policy which names something else as the
    scheduler's is refused here.
    """
    policy: Policy = facts.policy
    flows = {str(row.values[0]) for row in facts.read("rows:flows") if row.values[1] == policy.pattern.flow}
    rows = {FactKey("rows:flows", flow) for flow in flows}
    rows |= {
        FactKey("rows:operations", str(row.values[0]))
        for row in facts.read("rows:operations")
        if str(row.values[4]) in flows
    }
    for table in {wanted.table.section: wanted.table for wanted in found.rows}.values():
        if table.section == TOOLS:
            rows |= {FactKey(TOOLS, str(row[table.key])) for row in _of_pattern(facts)}
            rows.add(FactKey(TOOLS, policy.pattern.tool))
    rows |= {FactKey(CONFIG, key) for key in policy.config.siblings}
    preserved, sections = _preserved(facts, found)
    return Staying(frozenset(rows | preserved), sections)


def _of_pattern(facts: Facts) -> list[dict[str, Any]]:
    policy: Policy = facts.policy
    there = columns_of(policy.tool, facts.read("catalog.columns"))
    naming = [there[field] for field in policy.tool.identity if field in there]
    named = (policy.pattern.tool, policy.pattern.flow)
    return [row for row in tools(facts) if any(row[column] in named for column in naming)]


def _preserved(facts: Facts, found: Target) -> tuple[frozenset[FactKey], frozenset[str]]:
    """As `execution.preserve` names tables and rows, by the sections that they are looked at as."""
    platform = facts.policies["platform"]
    schema = platform.directus.schema
    tables = {f"{schema}.directus_{kind}": f"rows:{kind}" for kind in ("flows", "operations")}
    tables |= {".".join(split_name(w.table.relation)): w.table.section for w in found.rows}
    rows, sections = set(), set()
    for entry in platform.execution.preserve if platform.execution else ():
        relation, mark, row = entry.partition("#")
        section = tables.get(".".join(split_name(relation)))
        if section and mark:
            rows.add(FactKey(section, row))
        elif section:
            sections.add(section)
    return frozenset(rows), frozenset(sections)


def check_kept(step: Step, found: Target, stays: Staying) -> None:
    """No step writes anything of the list 'DO NOT REMOVE', or anything else that is not the scheduler's own."""
    crossed = sorted(str(key) for key in step.writes if stays.holds(key))
    if crossed:
        raise Refused(
            f"'{step.title}' would write what has to stay", reasons=crossed,
            remedy="the policy names as the scheduler's what is not: give it an id, a code or a key of its own",
        )  # fmt: skip
    beyond = sorted(map(str, step.writes - writable(found)))
    if beyond:
        raise Refused(
            f"'{step.title}' would write what is not the scheduler's", reasons=beyond,
            remedy="this is an error of the program; nothing was compiled",
        )  # fmt: skip


def _flow_step(facts: Facts, writer: Writer, found: Target) -> Step:
    check_restorable([*found.there.flows, *found.there.operations])
    whole = Side(
        tuple(row.values for row in facts.read("rows:flows")),
        tuple(row.values for row in facts.read("rows:operations")),
    )
    check_unobstructed(found.there, found.want, whole)
    verb = "set right" if found.there.flows else "set up"
    return writer.change(f"{verb} {found.want.flows[0][1]}", found.there, found.want)


def _flow_differs(found: Target) -> bool:
    """By spelling, which was taken over from what means the same, as was the place on the canvas."""
    return any(not same(found.want.rows(table), found.there.rows(table)) for table in ("flows", "operations"))


def _differs(wanted: Wanted) -> bool:
    found, json = wanted.found, wanted.table.json
    return found is None or any(not same_value(wanted.row[c], found[c], json=c in json) for c in found)


def _titled(wanted: Wanted) -> str:
    return f"{'set up' if wanted.found is None else 'set right'} {wanted.label}"


def _title(steps: Iterable[Step]) -> str:
    return "; ".join(step.title for step in steps) or "nothing to do"
