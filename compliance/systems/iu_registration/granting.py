"""What the role behind Directus, and the one that looks, have to be granted to read the view: no more than that.

A view reads its tables in the name of its owner, but calls functions in the name of whoever asks: these read in his.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compliance.core.needs import split_name
from compliance.core.sqltext import literal, name, relation
from compliance.systems.iu_registration.objects import keys, qualified, step
from compliance.systems.iu_registration.reach import Reach
from compliance.systems.iu_registration.rights import read_by, read_of
from compliance.systems.iu_registration.source import relation as relation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.core.change import Step
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts


class Right(NamedTuple):
    """`kind`: schema, table or function; `thing`: its name as facts tell it."""

    kind: str
    thing: str
    role: str

    @property
    def privilege(self) -> str:
        return {"schema": "usage", "table": "select", "function": "execute"}[self.kind]

    @property
    def named(self) -> str:
        """As SQL names it."""
        if self.kind == "schema":
            return name(self.thing)
        if self.kind == "table":
            return relation(self.thing)
        of, _, arguments = self.thing.rpartition("(")
        return f"{relation(of)}({arguments}"

    def lacking(self) -> str:
        """What is true where the role has it not. A schema is asked for by its name, all else as SQL names it."""
        asked = f"pg_catalog.has_{self.kind}_privilege"
        named = self.thing if self.kind == "schema" else self.named
        return f"not {asked}({literal(self.role)}, {literal(named)}, {literal(self.privilege.upper())})"


def steps(facts: Facts) -> Iterator[Step]:
    """One step with all that is lacking."""
    rights = list(dict.fromkeys(_lacking(facts)))
    if not rights:
        return
    writes = frozenset().union(*(keys(right.thing, "grants") for right in rights))
    yield step(
        f"let {', '.join(dict.fromkeys(right.role for right in rights))} read it",
        [f"grant {r.privilege} on {r.kind} {r.named} to {name(r.role)};" for r in rights],
        {f"{r.role} has no {r.privilege} on {r.thing}": r.lacking() for r in rights},
        [f"revoke {r.privilege} on {r.kind} {r.named} from {name(r.role)};" for r in reversed(rights)],
        writes=writes, hazards=("grants",),
    )  # fmt: skip


def _lacking(facts: Facts) -> Iterator[Right]:
    """Of a shadow Directus asks the view itself; of a projection whoever compares it with the view does."""
    policy: Policy = facts.policy
    (server,) = facts.read("catalog.server")
    looking, keyed = [policy.source.view, policy.source.envelope], [policy.keyed] if policy.keyed else []
    projected = policy.serving.mode == "projection"
    for role, things, asks in (
        (policy.database_role, keyed if projected else [policy.source.view, *keyed], not projected),
        (server.role, [*looking, *keyed], projected),
    ):
        reach = Reach(facts, role)
        if reach.exists and not reach.superuser:
            yield from _of_relations(facts, reach, things)
            if asks:
                yield from _behind(facts, reach)


def _of_relations(facts: Facts, reach: Reach, things: Iterable[str]) -> Iterator[Right]:
    """What is only now made belongs to the owner of the view."""
    own = facts.policy.source.owner in reach.held
    schemas = {schema.name for schema in facts.read("catalog.schemas")}
    for thing in things:
        schema = split_name(thing)[0]
        if not reach.uses(schema) and not (own and schema not in schemas):
            yield Right("schema", schema, reach.role)
        made = relation_of(facts, thing) is None
        if not (own if made else reach.selects(thing)):
            yield Right("table", qualified(thing), reach.role)


def _behind(facts: Facts, reach: Reach) -> Iterator[Right]:
    """What functions of the view read, as far as their text names it; and the right to call them."""
    policy: Policy = facts.policy
    there = relation_of(facts, policy.source.view)
    read = read_by(facts, policy.source.view) if there else read_of(facts, policy.source.definition)
    granted = {(g.object, g.grantee) for g in facts.read("catalog.grants") if g.kind == "function"}
    owners = {function.signature: function.owner for function in facts.read("catalog.functions")}
    for signature in read.functions:
        holders = {*reach.held, "public"}
        if owners.get(signature) not in reach.held and not any((signature, h) in granted for h in holders):
            yield Right("function", signature, reach.role)
    yield from _of_relations(facts, reach, read.relations)
