"""Invariants of the command catalog: pure functions of policy and observation, read aloud by its probes."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from compliance.core.change import Differs, Missing, Undeclared
from compliance.core.errors import CouldNotLook
from compliance.core.finding import Finding, Judgement, NotApplicable, Unseen
from compliance.core.needs import split_name
from compliance.systems.command_catalog import pins, writes
from compliance.systems.command_catalog.drift import drift, listed, same
from compliance.systems.command_catalog.policy import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.facts import Constraint, Function
    from compliance.systems.command_catalog.policy import Part, Policy
    from compliance.systems.protocol import Facts

_TABLES = ("table", "partitioned table")


def rows_equal_declaration(facts: Facts) -> Iterator[Judgement]:
    """Every column, both directions; all of drift becomes findings, so probe and compiler cannot disagree."""
    columns = facts.policy.columns
    for item in drift(facts.policy, facts.read(facts.policy.rows.section)):
        match item:
            case Missing(subject):
                yield Finding(subject, "declared, but the catalog has no row of this name", "missing")
            case Undeclared(subject):
                yield Finding(subject, "the catalog has a row that policy does not declare", "undeclared")
            case Differs(subject, facet, declared, observed):
                yield Finding(
                    subject, f"{columns[facet]} is {_shown(observed)}, declared {_shown(declared)}", facet
                )


def rows_are_unambiguous(facts: Facts) -> Iterator[Judgement]:
    """A name stands once, and no governed column is NULL or holds one."""
    rows = facts.read(facts.policy.rows.section)
    for name, count in sorted(Counter(str(row.values[0]) for row in rows).items()):
        if count > 1:
            yield Finding(name, f"stands {count} times in the catalog", "duplicate")
    for row in rows:
        for field, value in zip(FIELDS, row.values, strict=True):
            if value is None or (isinstance(value, tuple) and (None in value or len(set(value)) < len(value))):
                column = facts.policy.columns[field]
                yield Finding(
                    str(row.values[0]), f"{column} holds NULL or the same value twice", f"{field}-ambiguous"
                )


def pins_agree(facts: Facts) -> Iterator[Judgement]:
    """Each place that repeats a count says what its population counts; files that are not there are findings."""
    policy: Policy = facts.policy
    for pin in policy.pins.values():
        try:
            (file,) = facts.read(f"file:{pin.path}")
            if file.text is None:
                yield Finding(pin.name, f"{pin.path}: there is no such file in the repository", "missing")
                continue
            want = policy.populations[pin.population]
            for found in sorted(set(pins.counted(pin, file.text)) - {want}):
                yield Finding(pin.name, f"{pin.path} says {found}; {pin.population} is {want}")
        except pins.Unlocated as error:
            yield Finding(pin.name, str(error), "unlocated")
        except CouldNotLook as error:
            yield from _unseen(pin.name, error)


def live_counts_agree(facts: Facts) -> Iterator[Judgement]:
    """Rows and distinct targets of the live catalog. 26 rows with 24 targets is right: two populations."""
    rows = facts.read(facts.policy.rows.section)
    targets = {target for row in rows for target in listed(row.values[4]) if target is not None}
    for population, found in (("governed", len(rows)), ("distinct_targets", len(targets))):
        want = facts.policy.populations[population]
        if found != want:
            yield Finding(population, f"the live catalog has {found}, declared {want}")


def targets_resolve(facts: Facts) -> Iterator[Judgement]:
    """By full signature: a function of the same name with other arguments is another function."""
    functions = _functions(facts)
    names = {(function.schema, function.name): function.signature for function in functions.values()}
    for name, target in facts.policy.targets.items():
        function = functions.get(target.signature)
        if function is None:
            other = names.get((target.schema, target.name))
            seen = f"; there is {other}" if other else ""
            yield Finding(name, f"{target.signature} does not exist{seen}: apply {target.migration} first")
        elif function.kind != "function":
            yield Finding(
                name, f"{target.signature} is a kind of routine that SELECT cannot call: {function.kind}"
            )


def operator_may_execute(facts: Facts) -> Iterator[Judgement]:
    """As PostgreSQL itself decides it for the role that policy names: PUBLIC, membership and schema included."""
    policy: Policy = facts.policy
    if policy.operator not in {role.name for role in facts.read("catalog.roles")}:
        yield from (Finding(name, f"there is no role {policy.operator}") for name in policy.targets)
        return
    allowed = {item.function for item in facts.read("catalog.executables") if item.role == policy.operator}
    functions = _functions(facts)
    for name, target in policy.targets.items():
        if target.signature not in functions:
            yield NotApplicable(name, f"{target.signature} does not exist, which is a finding of its own")
        elif target.signature not in allowed:
            yield Finding(name, f"{policy.operator} may not execute {target.signature}")


def volatility_fits(facts: Facts) -> Iterator[Judgement]:
    """A command that does not mutate calls nothing volatile; one that does calls something that can write."""
    functions, policy = _functions(facts), facts.policy
    for command in policy.commands.values():
        found = [functions[s] for t in command.targets if (s := policy.targets[t].signature) in functions]
        if len(found) < len(command.targets):
            yield NotApplicable(command.name, "a target function does not exist, which is a finding of its own")
            continue
        volatile = [function for function in found if function.volatility == "volatile"]
        if command.mutating and not volatile:
            yield Finding(command.name, f"mutating, but {found[0].signature} is {found[0].volatility}")
        if not command.mutating and volatile:
            yield Finding(command.name, f"not mutating, but {volatile[0].signature} is volatile")


def search_path_is_pinned(facts: Facts) -> Iterator[Judgement]:
    """A security definer function without one runs the caller's objects with its owner's rights."""
    functions, open_ = _functions(facts), writes.open_schemas(facts)
    for name, target in facts.policy.targets.items():
        function = functions.get(target.signature)
        if function is None:
            yield NotApplicable(name, f"{target.signature} does not exist, which is a finding of its own")
        elif function.security_definer and (why := writes.loose(function.search_path, open_)):
            yield Finding(name, f"{function.signature} is security definer and {why}")


def preflight_holds(facts: Facts) -> Iterator[Judgement]:
    """What a migration of the catalog builds on is there (document 004, 'Preflight')."""
    functions = _functions(facts)
    lacking: dict[str, list[str]] = {}
    for target in facts.policy.targets.values():
        lacking.setdefault(target.migration, [])
        if target.signature not in functions:
            lacking[target.migration].append(target.signature)
    for migration, signatures in lacking.items():
        if signatures:
            yield Finding(migration, f"{', '.join(signatures)} missing: apply {migration} first")


def named_columns_exist(facts: Facts) -> Iterator[Judgement]:
    """Every relation and column that compiled SQL names, in its DO bodies too.

    The document's own rollback guard named `command` where the column is `command_name`.
    """
    from compliance.core.plansql import columns_named
    from compliance.systems.command_catalog.compile import scripts

    existing: dict[tuple[str, str], set[str]] = {}
    for column in facts.read("catalog.columns"):
        existing.setdefault((column.schema, column.relation), set()).add(column.name)
    kinds = {(r.schema, r.name): r.kind for r in facts.read("catalog.relations")}
    named: dict[tuple[str, str], set[str]] = {}
    for script in scripts(facts.policy):
        for schema, relation, column_name in columns_named(script):
            named.setdefault((schema, relation), set()).add(column_name)
    for relation in (facts.policy.relation, facts.policy.runs[0], facts.policy.gates.relation):
        key = split_name(relation)
        if key not in existing:
            yield Finding(relation, "there is no such relation", "missing")
            continue
        if kinds.get(key) not in _TABLES:
            yield Finding(relation, f"is a {kinds.get(key)}, which may show each role other rows", "kind")
        wanted = named.get(key, set()) | _read_columns(facts.policy, relation)
        for lost in sorted(wanted - existing[key]):
            yield Finding(relation, f"has no column {lost}, which compiled SQL or a probe names", lost)
    yield from writes.insertable(facts)


def reversible_has_rollback(facts: Facts) -> Iterator[Judgement]:
    """A command that says it can be taken back names a governed command that does it, and the catalog has that row."""
    policy: Policy = facts.policy
    rows = {row.values[0] for row in facts.read(policy.rows.section)}
    for command in policy.commands.values():
        if not command.reversible:
            yield NotApplicable(command.name, "declared as not reversible")
        elif command.rollback is None:
            yield Finding(command.name, "reversible, but policy names no rollback command", "undeclared")
        elif command.rollback not in policy.commands:
            yield Finding(
                command.name, f"its rollback command {command.rollback} is not governed", "ungoverned"
            )
        elif command.rollback == command.name:
            yield Finding(command.name, "is declared as its own rollback command", "itself")
        elif not policy.commands[command.rollback].mutating:
            yield Finding(command.name, f"its rollback command {command.rollback} writes nothing", "harmless")
        elif command.rollback not in rows:
            yield Finding(
                command.name, f"its rollback command {command.rollback} has no row in the catalog", "missing"
            )


def gates_as_declared(facts: Facts) -> Iterator[Judgement]:
    """Dry run needs the composer gate, live both; 034 changes neither (document 004, 'Gate semantics')."""
    observed: dict[str, list[Any]] = {}
    for row in facts.read(facts.policy.gate_rows.section):
        observed.setdefault(row.values[0], []).append(row.values[1])
    for name, want in facts.policy.gates.declared.items():
        found = observed.get(name, [])
        if len(found) != 1 or not same(want, found[0]):
            seen = " and ".join(map(_shown, found)) if found else "missing"
            yield Finding(name, f"is {seen}, declared {_shown(want)}")


def surface_counts_agree(facts: Facts) -> Iterator[Judgement]:
    """The document's D9: what the name patterns of policy select, kind by kind (181 in all)."""
    for part in facts.policy.surface.values():
        try:
            found = counted(facts, part)
        except CouldNotLook as error:
            yield from _unseen(part.name, error)
            continue
        if found != part.count:
            yield Finding(
                part.name, f"{found} {part.kind} objects match {', '.join(part.like)}; declared {part.count}"
            )


def counted(facts: Facts, part: Part) -> int:
    """How many objects of a kind the name patterns of a part select."""
    return sum(_selected(part, name) for name in _names(facts, part))


def nothing_rides_along(facts: Facts) -> Iterator[Judgement]:
    """What a plan inserts sets off nothing: no trigger on it could touch a gate, bring DDL or change a count."""
    schema, name = split_name(facts.policy.relation)
    if not _relation(facts, schema, name):
        yield NotApplicable(facts.policy.relation, "the relation does not exist, which is a finding of its own")
        return
    parts = writes.with_parts(facts, schema, name)
    for trigger in facts.read("catalog.triggers"):
        if (trigger.schema, trigger.relation) in parts and trigger.enabled:
            does = f"trigger {trigger.name} would run {trigger.function}"
            message = does if trigger.function else f"rewrite rule {trigger.name} would change what is written"
            yield Finding(facts.policy.relation, message, trigger.name)
    yield from writes.carried_on(facts, parts)
    yield from writes.called(facts, parts)


def key_is_unique(facts: Facts) -> Iterator[Judgement]:
    """`ON CONFLICT (name)` needs a valid unique index on exactly that column, which is checked at once."""
    schema, name = split_name(facts.policy.relation)
    if not _relation(facts, schema, name):
        yield NotApplicable(facts.policy.relation, "the relation does not exist, which is a finding of its own")
        return
    for relation in facts.read("catalog.relations"):
        if f"{schema}.{name}" in relation.parents and not _partition(facts, schema, name):
            heir = f"{relation.schema}.{relation.name}"
            yield Finding(facts.policy.relation, f"{heir} inherits from it, and no key spans both", heir)
    key = (facts.policy.columns["name"],)
    constraints: list[Constraint] = [
        c for c in facts.read("catalog.constraints") if (c.schema, c.relation) == (schema, name)
    ]
    valid = {
        i.name for i in facts.read("catalog.indexes") if i.valid and (i.schema, i.relation) == (schema, name)
    }
    usable = (
        c for c in constraints if c.kind in ("primary key", "unique") and "DEFERRABLE" not in c.definition
    )
    if not any(c.columns == key and c.name in valid for c in usable):
        yield Finding(facts.policy.relation, f"no primary key or unique constraint on exactly {key[0]}")


def _read_columns(policy: Policy, relation: str) -> set[str]:
    needs = [policy.rows, policy.gate_rows]
    return {column for need in needs if need.relation == relation for column in need.columns}


def _functions(facts: Facts) -> dict[str, Function]:
    return {function.signature: function for function in facts.read("catalog.functions")}


def _relation(facts: Facts, schema: str, name: str) -> bool:
    return any((r.schema, r.name) == (schema, name) for r in facts.read("catalog.relations"))


def _partition(facts: Facts, schema: str, name: str) -> bool:
    kinds: dict[tuple[str, str], str] = {(r.schema, r.name): r.kind for r in facts.read("catalog.relations")}
    return kinds[schema, name] == "partitioned table"


def _names(facts: Facts, part: Part) -> Iterator[str]:
    if part.kind == "rows":
        return (str(row.values[0]) for row in facts.read(part.need.section))
    if part.kind == "function":
        return (f.name for f in facts.read("catalog.functions") if f.schema == part.schema)
    if part.kind == "trigger":
        return (t.name for t in facts.read("catalog.triggers") if t.schema == part.schema and t.function)
    kinds = (*_TABLES, "foreign table") if part.kind == "table" else ("view", "materialized view")
    return (r.name for r in facts.read("catalog.relations") if r.schema == part.schema and r.kind in kinds)


def _selected(part: Part, name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in part.like)


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return "{" + ",".join("NULL" if item is None else str(item) for item in value) + "}"
    return "NULL" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)


def _unseen(subject: str, error: CouldNotLook) -> Iterator[Judgement]:
    """A declared unavailability is the whole rule's answer; anything else is this subject's."""
    from compliance.core.observation import SourceUnavailable

    if isinstance(error, SourceUnavailable):
        yield NotApplicable(subject, str(error))
    else:
        yield Unseen(subject, str(error))
