"""Can the estate take the flows of policy? Pure rules over policy and observation, read aloud by probes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compliance.core.finding import Finding, Judgement
from compliance.core.needs import split_name
from compliance.systems.registry_sync import moves
from compliance.systems.registry_sync.desired import Flow, desired

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.facts import Column
    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.policy import Collection, Policy

# Types that PostgreSQL and Directus spell alike, so that a document can be compared with its row. A bigint is none:
# Directus sends it as text.
_SENDABLE = frozenset({"character varying", "character", "text", "uuid", "integer", "smallint", "boolean"})
_KEYS = (_SENDABLE | {"bigint"}) - {"boolean"}
_WIDEST_KEY = 36  # a uuid
# What stands in an address as it is, and has no part that the key of the store spells as another id's.
_NAMING = re.compile(r"(?!.*__)[A-Za-z0-9](?:[A-Za-z0-9._~-]*[A-Za-z0-9])?")


def collections_can_be_sent(facts: Facts) -> Iterator[Judgement]:
    """Each collection is a table with one key column, the one that its document ids are made of, and with the columns
    that are sent, none of them nullable: an empty one would be sent as the text `null`."""
    policy: Policy = facts.policy
    yield from _tables_of_directus(facts)
    for collection in policy.collections.values():
        columns = columns_of(facts, policy.schema, collection.name)
        if not columns:
            yield Finding(collection.name, f"there is no table {policy.schema}.{collection.name}", "missing")
            continue
        yield from _keyed(facts, policy, collection)
        for column in collection.columns:
            found = columns.get(column)
            if found is None:
                yield Finding(collection.name, f"has no column {column}", f"{column}-missing")
            elif column != collection.key or found.type.partition("(")[0] not in _KEYS:
                yield from _sendable(collection, found)


def _tables_of_directus(facts: Facts) -> Iterator[Judgement]:
    """What holds the flows. Where it is not there, no rule of theirs can look; that it is not there was seen."""
    schema = facts.policies["platform"].directus.schema if facts.policies["platform"].directus else "public"
    there = {(relation.schema, relation.name) for relation in facts.read("catalog.relations")}
    for table in ("directus_flows", "directus_operations"):
        if (schema, table) not in there:
            yield Finding(table, f"there is no table {schema}.{table}", "missing")


def _keyed(facts: Facts, policy: Policy, collection: Collection) -> Iterator[Judgement]:
    keys = [
        c.columns
        for c in facts.read("catalog.constraints")
        if (c.schema, c.relation, c.kind) == (policy.schema, collection.name, "primary key")
    ]
    if keys != [(collection.key,)]:
        told = ", ".join(map(str, keys[0])) if keys else "none"
        yield Finding(
            collection.name, f"its key is {told}; its documents are named by {collection.key}, which no delete knows",
            "key",
        )  # fmt: skip


def _sendable(collection: Collection, column: Column) -> Iterator[Judgement]:
    if column.nullable:
        yield Finding(
            collection.name, f"{column.name} may be empty, and would be sent as `null`", f"{column.name}-null"
        )
    if column.type.partition("(")[0] not in _SENDABLE:
        yield Finding(
            collection.name, f"{column.name} is {column.type}, which Directus spells in a way of its own",
            f"{column.name}-type",
        )  # fmt: skip


def keys_name_documents(facts: Facts) -> Iterator[Judgement]:
    """Each key stands in an address as it is: with `/`, `?` or `#` it would name another row's document, or none."""
    for collection in facts.policy.collections.values():
        at = collection.columns.index(collection.key)
        for row in facts.read(moves.rows_of(collection)):
            if not _NAMING.fullmatch(key := str(row.values[at])):
                yield Finding(
                    collection.name, f"the key {key!r} cannot stand in the address of a document", f"key {key}"
                )


def names_are_unambiguous(facts: Facts) -> Iterator[Judgement]:
    """`directus_flows.name` is not unique. Where a declared name stands twice nobody can tell which one is meant."""
    found: dict[str, list[str]] = {}
    for row in facts.read("rows:flows"):
        found.setdefault(str(row.values[1]), []).append(str(row.values[0]))
    for name in facts.policy.flows:
        ids = found.get(name, [])
        if len(ids) > 1:
            yield Finding(name, f"{len(ids)} flows have this name: {', '.join(sorted(ids))}", "duplicate")


def excluded_for_the_stated_reason(facts: Facts) -> Iterator[Judgement]:
    """Directus answers 403 to a collection that is not there and to one that it may not show: the catalog tells."""
    policy: Policy = facts.policy
    there = {(relation.schema, relation.name) for relation in facts.read("catalog.relations")}
    for name, excluded in policy.excluded.items():
        exists = (policy.schema, name) in there
        if exists and excluded.evidence == "absent":
            yield Finding(name, "is excluded because there was no such table, and there is one now", "exists")
        elif not exists and excluded.evidence == "forbidden":
            yield Finding(
                name, "is excluded because Directus may not show it, but there is no such table", "absent"
            )


def documents_have_their_present_id(facts: Facts) -> Iterator[Judgement]:
    """A document under a former id of its row is one that no delete will ever find."""
    for collection in facts.policy.collections.values():
        for item in moves.former(facts, collection):
            why = f"; {item.obstacle}" if item.obstacle else ""
            yield Finding(collection.name, f"{item.old} has to be {item.new}{why}", item.old)


def failures_can_be_recorded(facts: Facts) -> Iterator[Judgement]:
    """The row that a failed request leaves can be inserted: its columns are there, long enough, and no other one is
    asked for."""
    policy: Policy = facts.policy
    failures, columns = policy.failures, columns_of(facts, policy.schema, policy.failures.collection)
    if not columns:
        yield Finding("directus", f"there is no table {policy.schema}.{failures.collection}", "missing")
        return
    given = {failures.title, *failures.values}
    for name in sorted(given - columns.keys()):
        yield Finding("directus", f"{failures.collection} has no column {name}", f"{name}-missing")
    yield from _repeatable(facts, policy, given)
    for column in columns.values():
        if not column.nullable and not column.default and not column.identity and column.name not in given:
            yield Finding(
                "directus",
                f"{failures.collection}.{column.name} needs a value, and none is given",
                f"{column.name}-empty",
            )
    longest = {name: len(str(value)) for name, value in failures.values.items()}
    longest[failures.title] = max(map(len, _titles(facts)))
    for name, length in longest.items():
        room = _room(columns.get(name))
        if room is not None and length > room:
            yield Finding(
                "directus", f"{failures.collection}.{name} holds {room} characters, what is given may have {length}",
                f"{name}-room",
            )  # fmt: skip


def _repeatable(facts: Facts, policy: Policy, given: set[str]) -> Iterator[Judgement]:
    """What fails once fails again: a key over nothing but what is given would refuse the second record."""
    where = (policy.schema, policy.failures.collection)
    for key in facts.read("catalog.constraints"):
        unique = key.kind in ("unique", "primary key") and set(key.columns) <= given
        if (key.schema, key.relation) == where and unique:
            told = ", ".join(key.columns)
            yield Finding("directus", f"{where[1]} takes the same {told} once only ({key.name})", key.name)


def _room(column: Column | None) -> int | None:
    head, bracket, size = (column.type if column else "").partition("(")
    return int(size.rstrip(")")) if bracket and head in ("character varying", "character") else None


def _titles(facts: Facts) -> Iterator[str]:
    """Every title that a flow may give, with the widest key in place of its variable."""
    policy: Policy = facts.policy
    for flow in desired(policy, (), ()):
        for row in flow.operations:
            if row[3] == "item-create":
                title = str(row[7]["payload"][policy.failures.title])
                yield title.replace("{{$trigger.key}}", "x" * _WIDEST_KEY).replace(
                    "{{$trigger}}", "x" * _WIDEST_KEY
                )


def this_directus_serves_this_database(facts: Facts) -> Iterator[Judgement]:
    """What its API lists is what the database holds: else a plan would change one Directus and tell another. One that
    serves an exact copy cannot be told from the right one by this."""
    served = {(flow.id, flow.name, flow.status) for flow in facts.read("directus.flows")}
    held = {tuple(str(value) for value in row.values[:3]) for row in facts.read("rows:flows")}
    if served != held:
        told = f"{len(served - held)} flows are listed by it alone, {len(held - served)} stand in the database alone"
        yield Finding("directus", f"this Directus serves another database: {told}", "another")


def flows_of_policy(facts: Facts) -> tuple[Flow, ...]:
    """What is declared, with the ids of what is there."""
    flows, operations = ([row.values for row in facts.read(f"rows:{name}")] for name in ("flows", "operations"))
    return desired(facts.policy, flows, operations)


def columns_of(facts: Facts, schema: str, relation: str) -> dict[str, Column]:
    """The columns of a table by name."""
    where = (split_name(f"{schema}.x")[0], relation)
    return {c.name: c for c in facts.read("catalog.columns") if (c.schema, c.relation) == where}
