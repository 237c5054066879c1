"""What a write to the catalog sets off beside itself, and where a caller could put what a function looks up."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from compliance.core.finding import Finding, Judgement
from compliance.core.needs import split_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.facts import Column, Function
    from compliance.systems.protocol import Facts

_ACTS = frozenset({"cascade", "set null", "set default"})
_ON_UPDATE = re.compile(r"\bON UPDATE (CASCADE|SET NULL|SET DEFAULT)\b")


def insertable(facts: Facts) -> Iterator[Judgement]:
    """Columns of the catalog that an INSERT of the governed ones would fail on, or fill with another kind of value."""
    governed, where = set(facts.policy.columns.values()), split_name(facts.policy.relation)
    for column in facts.read("catalog.columns"):
        if (column.schema, column.relation) == where and (
            why := _uninsertable(column, column.name in governed)
        ):
            yield Finding(facts.policy.relation, f"column {column.name} {why}", f"{column.name}-insert")


def _uninsertable(column: Column, governed: bool) -> str | None:
    if not governed:
        filled = column.nullable or column.default is not None or column.identity
        return None if filled else "is not null and has no default, so no command could be inserted"
    if column.generated or column.identity == "always":
        return "is generated, so no value could be inserted"
    if column.type in ("json", "jsonb"):
        return f"is of type {column.type}: equal in a probe, and no text, flag or list in SQL"
    return None


def carried_on(facts: Facts, parts: set[tuple[str, str]]) -> Iterator[Judgement]:
    """What changes rows of another table when one of the catalog goes, as a revert lets it go."""
    tables = {f"{schema}.{name}" for schema, name in parts}
    for constraint in facts.read("catalog.constraints"):
        acts = constraint.delete_rule in _ACTS or _ON_UPDATE.search(constraint.definition)
        if constraint.target in tables and acts:
            where = f"{constraint.schema}.{constraint.relation}"
            message = f"foreign key {constraint.name} would change rows of {where}: {constraint.definition}"
            yield Finding(facts.policy.relation, message, constraint.name)


def called(facts: Facts, parts: set[tuple[str, str]]) -> Iterator[Judgement]:
    """Somebody's function behind a default, a check or an index runs with every row, whatever it does."""
    texts = [
        *(
            (f"column {c.name}", c.default)
            for c in facts.read("catalog.columns")
            if c[:2] in parts and c.default
        ),
        *((f"constraint {c.name}", c.definition) for c in facts.read("catalog.constraints") if c[:2] in parts),
        *((f"index {i.name}", i.definition) for i in facts.read("catalog.indexes") if i[:2] in parts),
    ]
    functions = {call for f in facts.read("catalog.functions") for call in _spellings(f)}
    for what, text in texts:
        for call in sorted(call for call in functions if call in text):
            yield Finding(facts.policy.relation, f"{what} would run {call[:-1]}", what)


def _spellings(function: Function) -> Iterator[str]:
    """How an expression calls it: qualified, as the look has no search_path, and quoted where it must be."""
    quoted = ('"' + part.replace('"', '""') + '"' for part in function[:2])
    for schema, name in product(*zip(function[:2], quoted, strict=True)):
        yield f"{schema}.{name}("


def with_parts(facts: Facts, schema: str, name: str) -> set[tuple[str, str]]:
    """A relation with its partitions and all that inherit from it, to any depth."""
    relations = facts.read("catalog.relations")
    found, parents = {(schema, name)}, {f"{schema}.{name}"}
    while new := {r for r in relations if parents.intersection(r.parents) and r[:2] not in found}:
        found |= {r[:2] for r in new}
        parents |= {f"{r.schema}.{r.name}" for r in new}
    return found


def loose(search_path: str | None, open_: Mapping[str, str]) -> str | None:
    """Why a caller could put an object of his own where the function looks first."""
    if search_path is None:
        return "does not pin search_path"
    path = [part.strip().removeprefix('"').removesuffix('"') for part in search_path.split(",")]
    if "$user" in path:
        return "its search_path names $user"
    if "pg_temp" in path[:-1]:
        return "its search_path names pg_temp before others"
    return next((f"in {s} of its search_path {open_[s]} may create" for s in path if s in open_), None)


def open_schemas(facts: Facts) -> dict[str, str]:
    """Schemas in which everybody or the operator may create, and who of them."""
    member_of = {role.name: role.member_of for role in facts.read("catalog.roles")}
    held = {"public", facts.policy.operator, *member_of.get(facts.policy.operator, ())}
    grants = (g for g in facts.read("catalog.grants") if (g.kind, g.privilege) == ("schema", "CREATE"))
    return {grant.object: grant.grantee for grant in grants if grant.grantee in held}
