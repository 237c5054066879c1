"""What earlier registrations left behind, and what a disable would take with it (document 002, section 4).

`DELETE /collections/<name>` answers 204 for a view, and leaves its permissions and fields; of a table it drops the
table. A table that is made later under such a name can be read by whoever had the permission.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.finding import Finding, Judgement
from compliance.core.needs import split_name
from compliance.systems.iu_registration import found, looking, searching
from compliance.systems.iu_registration.source import relation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts

_SYSTEM = "directus_"
_COLLECTIONS = "directus_collections"
_PERMISSIONS = "directus_permissions"
_TABLES = frozenset({"table", "partitioned table", "foreign table"})


def no_table_under_a_name(facts: Facts) -> Iterator[Judgement]:
    """The table by which Directus knows the key is meant to be there; any other would be dropped."""
    policy: Policy = facts.policy
    reached, ours = searching.declared(facts), split_name(policy.keyed) if policy.keyed else None
    for table in facts.read("catalog.relations"):
        where = (table.schema, table.name)
        if table.kind not in _TABLES or table.name not in policy.names or where == ours:
            continue
        if table.schema in reached:
            told = f"{table.schema}.{table.name} is a {table.kind}: to disable the collection would drop it"
            yield Finding(table.name, told, f"{table.schema}.{table.name}")


def nothing_is_left(facts: Facts) -> Iterator[Judgement]:
    """Rows of names that are gone, of former ones, and of a disabled registration whatever was made for it."""
    policy: Policy = facts.policy
    kept = _kept(facts)
    for name in sorted(kept):
        if name.startswith(_SYSTEM) or name == policy.collection.name:
            continue
        for table in sorted(kept[name]):
            if name in policy.former:
                yield Finding(
                    name, f"the view was registered as {name} before: a row of {table} is left", table
                )
            elif table != _COLLECTIONS and _nowhere(facts, name) and not _folder(kept[name]):
                yield Finding(name, f"there is no relation {name}: a row of {table} is left", table)
    yield from _of_a_disabled_one(facts, kept.get(policy.collection.name, set()))


def _kept(facts: Facts) -> dict[str, set[str]]:
    """By name, the tables of Directus that have a row of it."""
    kept: dict[str, set[str]] = {}
    for section, table in (
        (looking.COLLECTIONS, _COLLECTIONS),
        (looking.FIELDS_OF, "directus_fields"),
        (looking.PERMISSIONS, _PERMISSIONS),
    ):
        for row in found.rows(facts, section):
            kept.setdefault(str(row["collection"]), set()).add(table)
    return kept


def _folder(tables: set[str]) -> bool:
    """A collection without a relation, whose fields may be described; what may be read of it is nothing."""
    return _COLLECTIONS in tables and _PERMISSIONS not in tables


def _nowhere(facts: Facts, name: str) -> bool:
    """Is there no relation of this name where Directus looks?"""
    reached = searching.declared(facts)
    there = (r for r in facts.read("catalog.relations") if r.name == name and r.kind != "sequence")
    return not any(r.schema in reached for r in there)


def _of_a_disabled_one(facts: Facts, kept: set[str]) -> Iterator[Judgement]:
    policy: Policy = facts.policy
    if policy.state != "disabled":
        return
    name = policy.collection.name
    for table in sorted(kept):
        yield Finding(name, f"it is disabled: a row of {table} is left", table)
    if policy.keyed and relation(facts, policy.keyed) is not None:
        yield Finding(name, f"it is disabled: {policy.keyed}, which was made for it, is left", "table")
