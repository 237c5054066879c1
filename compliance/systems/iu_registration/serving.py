"""Can this Directus serve it? By itself no version serves a view (FACTS, 'Views as collections').

What stands in the file that starts it (IU004) nobody but an operator changes; what stands in the database (IU008) a
preparation makes. First the schema has to be there, then Directus is started with a path that names it: while the path
names one that is gone, every request is answered with 500.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core import compose
from compliance.core.errors import Refused
from compliance.core.finding import Finding, Judgement, NotApplicable, Note
from compliance.core.needs import split_name
from compliance.systems.iu_registration import desired, found, looking, records, searching, types
from compliance.systems.iu_registration.source import columns, gone, relation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compliance.core.facts import Constraint
    from compliance.systems.iu_registration.package import PackageField
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts

DISABLED = "the registration is disabled: nothing is to be served"
_OLDEST, _UNLICENSED, _COLLECTIONS = 10, 12, 25
_TABLES = ("collections", "fields", "permissions", "roles")
_TABLES_BY_POLICY = ("policies", "access")
# What `regnamespace` finds though no estate made it.
_OF_POSTGRESQL = ("pg_", "information_schema")


def directus_can_be_told(facts: Facts) -> Iterator[Judgement]:
    """Mode, version, search path and role: what an operator decides and a file says."""
    policy: Policy = facts.policy
    name = policy.collection.name
    judged = list(_tables(facts)) or list(_version(facts))
    judged += _path(facts)
    if policy.state == "disabled":
        yield NotApplicable(name, DISABLED)
        return
    if policy.serving.mode == "view":
        yield Finding(
            name,
            "no Directus serves a view: it is listed as a folder, and its fields and items are answered with 403, even"
            " to an administrator; serve it by a shadow or a projection",
            "mode",
        )
    yield from judged


def _tables(facts: Facts) -> Iterator[Judgement]:
    """Its own tables, and in them columns that tell how rights are kept."""
    policy: Policy = facts.policy
    there = {r.name for r in facts.read("catalog.relations") if r.schema == policy.directus}
    wanted = [f"directus_{name}" for name in _TABLES]
    if "directus_permissions" in there and not records.by_role(facts):
        wanted += [f"directus_{name}" for name in _TABLES_BY_POLICY]
    for table in wanted:
        if table not in there:
            yield Finding(policy.collection.name, f"there is no table {policy.directus}.{table}", table)


def _version(facts: Facts) -> Iterator[Judgement]:
    """Where it cannot be asked, by the shape of its tables: versions 10 and 11."""
    policy: Policy = facts.policy
    name, asked = policy.collection.name, records.version(facts)
    said = asked or searching.tag(facts)
    major = records.number(said)
    kept = len(found.rows(facts, looking.COLLECTIONS))
    if said is None:
        yield Note(
            name, "version", "not asked; by its tables " + ("10" if records.by_role(facts) else "11 or later")
        )
    if said is None:
        return
    if asked is None:
        yield Note(name, "version", f"not asked; the image of the file is {said}")
    if major is None:
        yield Finding(name, f"it says that its version is {said!r}", "version")
    elif major < _OLDEST:
        yield Finding(
            name, f"it is {said}; nobody has tried how a version before {_OLDEST} keeps rights", "version"
        )
    elif (major > _OLDEST) == records.by_role(facts):
        yield Finding(name, f"it is {said}, and its tables are those of another version", "shape")
    elif major >= _UNLICENSED and kept > _COLLECTIONS:
        yield Finding(
            name,
            f"it is {said}, which without a licence answers 403 to everything beyond {_COLLECTIONS} collections, and"
            f" there are {kept}",
            "licence",
        )


def _path(facts: Facts) -> Iterator[Judgement]:
    """The search path as it is declared, and the role that it is declared for."""
    policy: Policy = facts.policy
    name = policy.collection.name
    try:
        path, user = searching.declared(facts), searching.connects_as(facts)
    except compose.Missing as missing:
        yield Finding(name, missing.message, "environment")
        return
    if user is None:
        yield Note(name, "role", f"the file does not say what it connects as; judged is {policy.database_role}")
    elif user != policy.database_role:
        told = f"it connects as {user}, and policy judges what {policy.database_role} may"
        yield Finding(name, told, "role")
    for schema in path:
        if searching.folded(schema):
            told = f"the search path names {schema!r}, which Directus does not quote where it looks for tables"
            yield Finding(name, told, f"{schema}-quoting")
    yield from _order(policy, path)


def _order(policy: Policy, path: Sequence[str]) -> Iterator[Judgement]:
    """Rows come from the first relation of the name, the key from any table of it: the view has to come first."""
    name, shown = policy.collection.name, ", ".join(path)
    wanted = {
        "the schema of its own tables": policy.directus,
        "that of what is read": split_name(policy.served)[0],
    }
    if policy.serving.mode == "shadow":
        wanted["that of the shadow"] = policy.serving.schema
    for which, schema in wanted.items():
        if schema not in path:
            yield Finding(name, f"{which}, {schema}, is not in the search path ({shown})", f"{schema}-path")
    if policy.serving.mode != "shadow" or not {policy.serving.schema, wanted["that of what is read"]} <= set(
        path
    ):
        return
    if path.index(policy.serving.schema) < path.index(wanted["that of what is read"]):
        told = f"{policy.serving.schema} stands before {wanted['that of what is read']} in the search path ({shown})"
        yield Finding(name, f"{told}, so that the empty table is read and not the view", "order")


def objects_are_there(facts: Facts) -> Iterator[Judgement]:
    """The table by which Directus knows the key, of the shape of the view, and nothing that stands before either."""
    policy: Policy = facts.policy
    name = policy.collection.name
    judged = [*_schemas(facts), *_hidden(facts), *_keyed(facts)]
    if policy.state == "disabled":
        yield NotApplicable(name, DISABLED)
    elif policy.serving.mode == "view":
        yield NotApplicable(name, "policy serves the view by itself, and makes nothing for that: see IU004")
    else:
        yield from judged


def _schemas(facts: Facts) -> Iterator[Judgement]:
    """Every schema of the path: one that is gone breaks every request."""
    there = {schema.name for schema in facts.read("catalog.schemas")}
    for schema in sorted(set(searching.declared(facts)) - there):
        if not schema.startswith(_OF_POSTGRESQL) and not searching.folded(schema):
            told = f"the search path names {schema}, which is not there: Directus answers 500 to every request"
            yield Finding(facts.policy.collection.name, told, f"{schema}-schema")


def _hidden(facts: Facts) -> Iterator[Judgement]:
    """What else has the name, in a schema of the path."""
    policy: Policy = facts.policy
    reached = searching.declared(facts)
    ours = {split_name(policy.served), split_name(policy.keyed)}
    for other in facts.read("catalog.relations"):
        where = (other.schema, other.name)
        if other.name == policy.collection.name and other.schema in reached and where not in ours:
            told = f"{other.schema}.{other.name} has the name too, and Directus looks into that schema"
            yield Finding(policy.collection.name, told, f"{other.schema}-other")


def _keyed(facts: Facts) -> Iterator[Judgement]:
    policy: Policy = facts.policy
    if not policy.keyed:
        return
    name, table = policy.collection.name, relation(facts, policy.keyed)
    keys = _keys(facts, policy.keyed)
    if table is None:
        yield Finding(name, f"there is no table {policy.keyed}", "missing")
        return
    if table.kind != "table":
        yield Finding(name, f"{policy.keyed} is a {table.kind}: Directus lists none", "kind")
        return
    if keys != (policy.source.key,):
        told = f"the primary key of {policy.keyed} is {', '.join(keys) or 'missing'}, not {policy.source.key} alone"
        yield Finding(name, told, "key")
    if why := gone(facts):
        yield NotApplicable(name, f"its columns cannot be compared: {why}")
    else:
        yield from _shape(facts)


def _keys(facts: Facts, qualified: str) -> tuple[str, ...]:
    """Directus knows none that carries other columns with it."""
    where = split_name(qualified)
    of: list[Constraint] = [c for c in facts.read("catalog.constraints") if (c.schema, c.relation) == where]
    found = next((c for c in of if c.kind == "primary key"), None)
    return () if found is None or " INCLUDE (" in found.definition else found.columns


def _shape(facts: Facts) -> Iterator[Judgement]:
    """The same columns, each of a type that Directus reports as the package has it."""
    policy: Policy = facts.policy
    name, table = policy.collection.name, columns(facts, policy.keyed)
    view = columns(facts, policy.source.view)
    for column in view:
        if column not in table:
            yield Finding(name, f"{policy.keyed} has no column {column}", f"{column}-missing")
    for column in table:
        if column not in view:
            yield Finding(
                name, f"{policy.keyed} has a column {column}, which the view has not", f"{column}-extra"
            )
    for field in _fields(facts):
        if field.name in table and not _alike(policy, table[field.name].type, field.column):
            told = f"{policy.keyed}: {field.name} is {table[field.name].type}, and has to be {field.column}"
            yield Finding(name, f"{told} for Directus to take it for {field.type}", f"{field.name}-type")


def _fields(facts: Facts) -> tuple[PackageField, ...]:
    """None where a type is refused, which IU003 says."""
    try:
        return desired.package(facts).fields
    except Refused:
        return ()


def _alike(policy: Policy, one: str, other: str) -> bool:
    """What stays empty need only be reported alike; what holds the rows of the view has to be of the type."""
    said = types.reported(one)
    if policy.serving.mode == "shadow" and said is not None and said == types.reported(other):
        return True
    return _reported_alike(one, other)


def _reported_alike(one: str, other: str) -> bool:
    """Lengths decide nothing, but whether a numeric has one does; a schema before a name says where it was made."""
    first, second = (types.kind(text).rpartition(".")[2] for text in (one, other))
    return first == second and (first != "numeric" or ("(" in one) == ("(" in other))
