"""The view that is registered, and the one that introspects it: what the fields come from (document 002, section 2)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from compliance.core.errors import CouldNotLook
from compliance.core.finding import Finding, Judgement, NotApplicable, Unseen
from compliance.core.needs import split_name
from compliance.systems.iu_registration import looking, types
from compliance.systems.iu_registration.reach import Reach
from compliance.systems.iu_registration.telling import judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.core.facts import Column, Relation
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts

VIEWS = frozenset({"view", "materialized view"})


class Described(NamedTuple):
    """What the envelope says of one field."""

    name: str
    type: str
    udt: str
    nullable: str
    position: int
    group: str


def relation(facts: Facts, qualified: str) -> Relation | None:
    """What there is of this name; the catalog tells it to anybody."""
    where = split_name(qualified)
    return next((r for r in facts.read("catalog.relations") if (r.schema, r.name) == where), None)


def columns(facts: Facts, qualified: str) -> dict[str, Column]:
    """By name, in their order: from the catalog, since information_schema hides what a role may not touch."""
    where = split_name(qualified)
    return {c.name: c for c in facts.read("catalog.columns") if (c.schema, c.relation) == where}


def described(facts: Facts) -> list[Described]:
    """What the envelope says, in the order of its positions."""
    rows = (Described(*row.values) for row in facts.read(looking.ENVELOPE))
    return sorted(rows, key=lambda row: (row.position if isinstance(row.position, int) else 0, str(row.name)))


def views_are_there(facts: Facts) -> Iterator[Judgement]:
    """Both views, and views they are: a table of the name would be dropped by a disable."""
    source = facts.policy.source
    for name in (source.view, source.envelope):
        found = relation(facts, name)
        if found is None:
            yield Finding(name, "there is no such view", "missing")
        elif found.kind not in VIEWS:
            yield Finding(name, f"it is a {found.kind}, not a view", "kind")


def columns_are_there(facts: Facts) -> Iterator[Judgement]:
    """Every declared field is a column of the view, of the declared type."""
    source = facts.policy.source
    there = columns(facts, source.view)
    for field in source.fields.values():
        if relation(facts, source.view) is None:
            yield NotApplicable(field.name, _without(source.view))
        elif field.name not in there:
            yield Finding(field.name, f"{source.view} has no such column", "missing")
        elif there[field.name].type != field.type:
            yield Finding(field.name, f"it is {there[field.name].type}; policy says {field.type}", "type")


def envelope_says_what_the_catalog_says(facts: Facts) -> Iterator[Judgement]:
    """Every column once, in its order, on its axis, and nothing else.

    Rows that are hidden from the role that looks give 0 rows and no error: that is no absence, and no empty package.
    """
    policy: Policy = facts.policy
    view, envelope = policy.source.view, policy.source.envelope
    if why := gone(facts):
        yield NotApplicable(envelope, why)
        return
    told, there = described(facts), columns(facts, view)
    times = Counter(row.name for row in told)
    yield from _lacking(facts, [name for name in there if name not in times])
    for name in sorted(times.keys() - there.keys()):
        yield Finding(envelope, f"it names {name}, which is no column of {view}", name)
    for name in sorted(name for name, count in times.items() if count > 1):
        yield Finding(envelope, f"it names {name} {times[name]} times", f"{name}-repeated")
    if times.keys() == there.keys() and [row.name for row in told] != list(there) and max(times.values()) == 1:
        yield Finding(envelope, "its positions are not the order of the columns", "order")
    yield from _misplaced(policy, told)
    yield from judge(facts, told)


def _lacking(facts: Facts, names: list[str]) -> Iterator[Judgement]:
    """Whose fault it is that a column does not show: what the role that looks may touch, information_schema shows."""
    policy: Policy = facts.policy
    view, envelope = policy.source.view, policy.source.envelope
    if not names:
        return
    hidden = _hidden(facts, names)
    if hidden:
        yield Unseen(envelope, _may_not_see(facts, hidden))
    for name in names:
        if name not in hidden:
            yield Finding(envelope, f"it does not name {name}, which is a column of {view}", f"{name}-missing")


def _hidden(facts: Facts, names: Iterable[str]) -> list[str]:
    """Of columns that the envelope does not show, those that the role that looks could not be shown."""
    (server,) = facts.read("catalog.server")
    reach = Reach(facts, server.role)
    return [name for name in names if not reach.touches(facts.policy.source.view, name)]


def _may_not_see(facts: Facts, hidden: Iterable[str]) -> str:
    (server,) = facts.read("catalog.server")
    view, envelope = facts.policy.source.view, facts.policy.source.envelope
    return (
        f"{server.role} may see {envelope} and not what it introspects, so it does not show {', '.join(hidden)}:"
        f" grant select on {view} to {server.role}"
    )


def _shown(facts: Facts) -> list[Described]:
    """What the envelope says; raises where it may say more to another role."""
    told = described(facts)
    there = columns(facts, facts.policy.source.view)
    if hidden := _hidden(facts, there.keys() - {row.name for row in told}):
        raise CouldNotLook(_may_not_see(facts, sorted(hidden)))
    return told


def _misplaced(policy: Policy, told: list[Described]) -> Iterator[Judgement]:
    for row in told:
        if row.group != policy.source.group(row.name):
            said = f"it puts {row.name} into {row.group}, policy into {policy.source.group(row.name)}"
            yield Finding(policy.source.envelope, said, f"{row.name}-group")


def types_are_mapped(facts: Facts) -> Iterator[Judgement]:
    """Every column has a type in Directus, and where a table holds what the view gives, one that can hold it."""
    policy: Policy = facts.policy
    if why := gone(facts):
        yield from (NotApplicable(name, why) for name in policy.source.fields)
        return
    written = columns(facts, policy.source.view)
    for row in _shown(facts):
        if refused := types.unmapped(row.name, *_as_it_is(row, written)):
            yield Finding(row.name, refused, "type")
    if policy.serving.mode != "projection":
        return
    for row in described(facts):
        if row.name in written and (refused := types.unprojected(row.name, _base(row, written[row.name].type))):
            yield Finding(row.name, refused, "precision")


def _as_it_is(row: Described, written: dict[str, Column]) -> tuple[str, str]:
    """The catalog's word, where it names a type of PostgreSQL's own; the envelope's of a domain, whose base it says."""
    column = written.get(row.name)
    if column is None or types.told(column.type) is None:
        return row.type, row.udt
    return column.type, ""


def _base(row: Described, written: str) -> str:
    """With its precision, which the envelope does not say; of a domain the type below it."""
    alike = types.kind(written) == types.kind(row.type, row.udt)
    return written if alike else types.of_udt(row.type, row.udt)


def document_is_covered(facts: Facts) -> Iterator[Judgement]:
    """The fields of section 2 stand in the envelope, and every axis group has one."""
    source = facts.policy.source
    told = {row.name: row.group for row in _shown(facts)}
    for field in source.fields.values():
        if field.name not in told:
            yield Finding(field.name, f"{source.envelope} does not name it", "missing")
    for group in source.groups:
        if group not in told.values():
            yield Finding(axis(group), f"no field of {source.envelope} is in it", "empty")


def axis(group: str) -> str:
    """The subject of a group; a field may have its name."""
    return f"axis group {group}"


def gone(facts: Facts) -> str:
    """Why nothing can be said of the fields yet: IU001 names it, and a preparation may put it right."""
    source = facts.policy.source
    lacking = [name for name in (source.view, source.envelope) if relation(facts, name) is None]
    return _without(lacking[0]) if lacking else ""


def _without(name: str) -> str:
    return f"there is no {name}, which IU001 says"
