"""Does a row fit a table? Columns, lengths, types, constraints, triggers, words: what an insert would meet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from compliance.core.needs import split_name
from compliance.systems.birth_scan import looking
from compliance.systems.birth_scan.answering import Open
from compliance.systems.birth_scan.conditions import Value, checked, meets_again, same
from compliance.systems.birth_scan.desired import candidates
from compliance.systems.birth_scan.refusing import refusals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.facts import Column, Constraint, Trigger
    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts

TEXTS = frozenset({"character varying", "character", "text", "citext"})
JSON = frozenset({"json", "jsonb"})
_SIZE = re.compile(r"\((\d+)\)$")
_NUMBERS = {"smallint": int, "integer": int, "bigint": int, "boolean": bool}
_OTHERS = frozenset({"uuid", "date", "numeric", "double precision", "real", *JSON})
_PLAIN = re.compile(r"true|false|\d+(?:\.\d+)?")
# Defaults that are another value in each row.
_DIFFERS = re.compile(r"(?i)\bnextval\(|\bnow\(\)|_timestamp\b|\w*uuid\w*\(")


def columns_of(facts: Facts, relation: str) -> dict[str, Column]:
    """The columns of a table by name; none where there is no such table."""
    where = split_name(relation)
    return {c.name: c for c in facts.read("catalog.columns") if (c.schema, c.relation) == where}


def room(column: Column) -> int | None:
    """How many characters it holds; None: as many as one likes."""
    size = _SIZE.search(column.type)
    return int(size[1]) if size and kind(column) in TEXTS else None


def kind(column: Column) -> str:
    """Its type without a length."""
    return column.type.partition("(")[0]


def misfits(
    facts: Facts, relation: str, given: Mapping[str, Any], needed: str, *, once: bool = False
) -> Iterator[Open]:
    """Why a row that gives these columns a value would be refused. `Value.SOME`: another one each time.

    `once`: it is the only one, so a key that takes its values once takes them.
    """
    columns = columns_of(facts, relation)
    yield from _columns(facts, relation, given, needed)
    row = {name: _known(column, given) for name, column in columns.items()}
    yield from _constrained(facts, relation, given, needed, once=once)
    if not once:
        yield from _indexed(facts, relation, given, needed)
    where = split_name(relation)
    for trigger in facts.read("catalog.triggers"):
        if (trigger.schema, trigger.relation) == where:
            yield from _triggered(facts, trigger, row, needed)


def _constrained(
    facts: Facts, relation: str, given: Mapping[str, Any], needed: str, *, once: bool
) -> Iterator[Open]:
    columns = columns_of(facts, relation)
    row = {name: _known(column, given) for name, column in columns.items()}
    for key in _of(facts, "catalog.constraints", relation):
        listed = ", ".join(key.columns)
        if key.kind == "check" and checked(key.definition, row) is not True:
            told = "does not let it in" if checked(key.definition, row) is False else "may not let it in"
            yield Open(key.name, f"{key.name} {told}: {key.definition}", needed)
        elif key.kind in ("unique", "primary key") and not once:
            values = [_each_time(columns[name], given) for name in key.columns if name in columns]
            again = same(values, nulls="NULLS NOT DISTINCT" in key.definition)
            yield from _taken(key.name, listed, again, needed)
        elif key.kind == "foreign key" and not _is_referred(facts, key, given, row):
            yield Open(key.name, f"{key.name} may refuse it: what {key.target} holds is not looked at", needed)
        elif key.kind == "exclusion" and all(row.get(name) is not None for name in key.columns):
            yield Open(key.name, f"{key.name} may refuse it: {key.definition}", needed)


def _indexed(facts: Facts, relation: str, given: Mapping[str, Any], needed: str) -> Iterator[Open]:
    """A unique index refuses as a constraint does, which has one of its own name."""
    row = {name: _each_time(column, given) for name, column in columns_of(facts, relation).items()}
    judged = {key.name for key in _of(facts, "catalog.constraints", relation)}
    for index in _of(facts, "catalog.indexes", relation):
        if index.unique and index.name not in judged:
            told = index.definition.partition(" USING ")[2]
            yield from _taken(index.name, told, meets_again(index.definition, row), needed)


def _taken(name: str, key: str, again: bool | None, needed: str) -> Iterator[Open]:
    if again is not False:
        told = "takes the same" if again else "may take the same"
        yield Open(name, f"{name} {told} {key} once only", needed)


def _of(facts: Facts, section: str, relation: str) -> list[Any]:
    where = split_name(relation)
    return [fact for fact in facts.read(section) if (fact.schema, fact.relation) == where]


def _is_referred(facts: Facts, key: Constraint, given: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Is it known to be let in: by a null, or since rows that are there hold the same word? A default is the table's
    own affair."""
    mine = [name for name in key.columns if name in given]
    if not mine or any(row.get(name) is None for name in key.columns):
        return "MATCH FULL" not in key.definition or not mine
    return len(key.columns) == 1 and given[mine[0]] in in_use(facts, f"{key.schema}.{key.relation}", mine[0])


def in_use(facts: Facts, relation: str, column: str) -> frozenset[str]:
    """Words that rows of a table hold in a column, where they were looked at: it takes these."""
    policy: Policy = facts.policy
    for table, section, names, before in (
        (policy.issues.relation, looking.VOCABULARY, looking.vocabulary(policy.issues), 0),
        (policy.tool.relation, looking.TOOLS, candidates(policy.tool), 1),
    ):
        if split_name(table) == split_name(relation) and column in names:
            at = names.index(column) + before
            return frozenset(str(row.values[at]) for row in facts.read(section) if row.values[at] is not None)
    return frozenset()


def _columns(facts: Facts, relation: str, given: Mapping[str, Any], needed: str) -> Iterator[Open]:
    for name, column in columns_of(facts, relation).items():
        filled = column.nullable or column.default is not None or column.identity or column.generated
        if name in given:
            yield from _typed(column, given[name], in_use(facts, relation, name), needed)
        elif not filled:
            yield Open(f"{name}-empty", f"{name} needs a value, and none is mapped to it", needed)


def _typed(column: Column, value: Any, used: frozenset[str], needed: str) -> Iterator[Open]:
    name, space = column.name, room(column)
    fits = True if not isinstance(value, Value) and str(value) in used else _fits(column, value)
    if column.generated or column.identity == "always":
        yield Open(f"{name}-made", f"{name} is made by the database and takes no value", needed)
    elif isinstance(value, str) and space is not None and len(value) > space:
        yield Open(f"{name}-room", f"{name} holds {space} characters, '{value}' has {len(value)}", needed)
    elif isinstance(value, Value):
        if not fits:
            yield Open(f"{name}-form", f"{name} is {column.type}, which may not take what is written", needed)
    elif fits is False:
        yield Open(f"{name}-type", f"{name} is {column.type}, '{value}' is not", needed)
    elif fits is None:
        told = f"{name} is {column.type}, whose words are not looked at, and nobody uses '{value}'"
        yield Open(f"{name}-type", told, needed)


def _fits(column: Column, value: Any) -> bool | None:
    """None: a type that is nobody's here, a list of words or a domain: what it takes is not looked at."""
    name = kind(column)
    number = _NUMBERS.get(name)
    if name in TEXTS:
        return True
    if isinstance(value, Value):
        return name in JSON
    if number is bool:
        return value in (True, False, "true", "false")
    if number is int:
        return str(value).removeprefix("-").isdigit()
    return False if name in _OTHERS or "time" in name else None


def _each_time(column: Column, given: Mapping[str, Any]) -> Any:
    """What its value will be in two rows: `SOME` is another one in each, `ANY` may be."""
    found = _known(column, given)
    if found is not Value.SOME or column.name in given:
        return found
    differs = column.identity or (kind(column) != "date" and _DIFFERS.search(column.default or ""))
    return Value.SOME if differs else Value.ANY


def _known(column: Column, given: Mapping[str, Any]) -> Any:
    """What its value will be."""
    if column.name in given:
        return given[column.name]
    if column.generated:
        return Value.ANY
    text = re.fullmatch(r"'((?:[^']|'')*)'::[a-z ]+(?:\(\d+\))?", column.default or "")
    if text:
        return text[1].replace("''", "'")
    if _PLAIN.fullmatch(column.default or ""):
        return {"true": True, "false": False}.get(column.default or "", column.default)
    made = column.default is not None and column.default.lower() != "null"
    return Value.SOME if made or column.identity or not column.nullable else None


def _triggered(facts: Facts, trigger: Trigger, row: Mapping[str, Any], needed: str) -> Iterator[Open]:
    head = trigger.definition.partition(" ON ")[0].upper()
    if not trigger.enabled or (trigger.function and not re.search(r"\bINSERT\b", head)):
        return
    if not trigger.function:
        if re.search(r"\bON INSERT\b", trigger.definition.upper()):
            yield Open(trigger.name, f"the rule {trigger.name} acts in place of an insert", needed)
        return
    bodies = {b.signature: b for b in facts.read("catalog.bodies")}
    body = bodies.get(trigger.function)
    if body is None or body.language != "plpgsql":
        told = f"{trigger.name} calls {trigger.function}, whose source cannot be read here: it may refuse"
        yield Open(trigger.name, told, needed)
        return
    asked = {**row, "tg_op": "INSERT", "TG_OP": "INSERT"}
    ways = [way.taken(asked) for way in refusals(body.source, before="BEFORE" in head)]
    if True in ways:
        yield Open(trigger.name, f"{trigger.name} refuses it ({trigger.function})", needed)
    elif None in ways:
        yield Open(trigger.name, f"{trigger.name} may refuse it ({trigger.function})", needed)
