"""Does a row fit a table? Columns, lengths, types, constraints, triggers, words: what an insert would meet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from compliance.core.needs import split_name
from compliance.systems.birth_scan.answering import Open
from compliance.systems.birth_scan.conditions import Value, checked
from compliance.systems.birth_scan.refusing import refusals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.facts import Column, Trigger
    from compliance.systems.protocol import Facts

TEXTS = frozenset({"character varying", "character", "text", "citext"})
JSON = frozenset({"json", "jsonb"})
_SIZE = re.compile(r"\((\d+)\)$")
_NUMBERS = {"smallint": int, "integer": int, "bigint": int, "boolean": bool}


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
    yield from _columns(columns, given, needed)
    row = {name: _known(column, given) for name, column in columns.items()}
    where = split_name(relation)
    for key in facts.read("catalog.constraints"):
        if (key.schema, key.relation) != where:
            continue
        if key.kind == "check" and checked(key.definition, row) is not True:
            told = "does not let it in" if checked(key.definition, row) is False else "may not let it in"
            yield Open(key.name, f"{key.name} {told}: {key.definition}", needed)
        fixed = all(row.get(name) not in (None, *Value) for name in key.columns)
        if key.kind in ("unique", "primary key") and fixed and not once:
            yield Open(key.name, f"{key.name} takes the same {', '.join(key.columns)} once only", needed)
    for trigger in facts.read("catalog.triggers"):
        if (trigger.schema, trigger.relation) == where:
            yield from _triggered(facts, trigger, row, needed)


def _columns(columns: Mapping[str, Column], given: Mapping[str, Any], needed: str) -> Iterator[Open]:
    for name, column in columns.items():
        filled = column.nullable or column.default is not None or column.identity or column.generated
        if name not in given:
            if not filled:
                yield Open(f"{name}-empty", f"{name} needs a value, and none is mapped to it", needed)
            continue
        value, space = given[name], room(column)
        if column.generated or column.identity == "always":
            yield Open(f"{name}-made", f"{name} is made by the database and takes no value", needed)
        elif isinstance(value, str) and space is not None and len(value) > space:
            yield Open(f"{name}-room", f"{name} holds {space} characters, '{value}' has {len(value)}", needed)
        elif not isinstance(value, Value) and not _fits(column, value):
            yield Open(f"{name}-type", f"{name} is {column.type}, '{value}' is not", needed)


def _fits(column: Column, value: Any) -> bool:
    """A type that is nobody's here may be a list of words: whether it holds this one, `vocabularies` asks."""
    number = _NUMBERS.get(kind(column))
    if number is bool:
        return value in (True, False, "true", "false")
    if number is int:
        return str(value).removeprefix("-").isdigit()
    return kind(column) not in {
        "uuid",
        "date",
        "numeric",
        "double precision",
        "real",
        *JSON,
    } and "time" not in kind(column)


def _known(column: Column, given: Mapping[str, Any]) -> Any:
    """What its value will be."""
    if column.name in given:
        return given[column.name]
    if column.generated:
        return Value.ANY
    text = re.fullmatch(r"'((?:[^']|'')*)'::[a-z ]+(?:\(\d+\))?", column.default or "")
    if text:
        return text[1].replace("''", "'")
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
