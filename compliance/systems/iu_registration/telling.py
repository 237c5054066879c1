"""Does the envelope tell what is so, and ask for it? Its words against the catalog, and its definition.

Document 002, section 2: derived from information_schema, never typed by hand. What was typed says the same today, and
knows nothing of the column that the view gains tomorrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core import plpgsql
from compliance.core.finding import Finding, Judgement
from compliance.core.needs import split_name
from compliance.systems.iu_registration import types

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compliance.core.facts import Column
    from compliance.systems.iu_registration.source import Described
    from compliance.systems.protocol import Facts

# Where a definition may take the columns of a view from.
_ASKED = (("information_schema", "columns"), ("pg_catalog", "pg_attribute"), ("", "pg_attribute"))


def judge(facts: Facts, told: Sequence[Described]) -> Iterator[Judgement]:
    """Each row beside the column that it speaks of, and whence it is."""
    source = facts.policy.source
    where = split_name(source.view)
    there = {c.name: c for c in facts.read("catalog.columns") if (c.schema, c.relation) == where}
    for row in told:
        if row.name in there:
            yield from _types(source.envelope, row, there[row.name])
    if not _asks(facts):
        said = "its definition asks neither information_schema.columns nor pg_attribute: it is typed by hand"
        yield Finding(source.envelope, said, "typed")


def _types(envelope: str, row: Described, column: Column) -> Iterator[Judgement]:
    """Of a type that was made here the name is compared, unless it is said as what a domain is made of.

    An envelope that asks pg_attribute may say it as PostgreSQL writes it.
    """
    known = types.told(column.type)
    if known is None:
        named = column.type.rpartition(".")[2].strip('"')
        right = row.type != "USER-DEFINED" or row.udt == named
    else:
        right = (types.told(row.type) or (row.type,))[0] in (known[0], column.type) and row.udt == known[1]
        if row.nullable != ("YES" if column.nullable else "NO"):
            told = f"it says of {row.name} that is_nullable is {row.nullable}, which the catalog does not"
            yield Finding(envelope, told, f"{row.name}-nullable")
    if not right:
        told = f"it says of {row.name} that it is {row.type} ({row.udt}); the catalog says {column.type}"
        yield Finding(envelope, told, f"{row.name}-type")


def _asks(facts: Facts) -> bool:
    """Does a FROM name what knows the columns, in it or in a view that it reads?"""
    relations = {(r.schema, r.name): r for r in facts.read("catalog.relations")}
    waiting, met = [split_name(facts.policy.source.envelope)], set[tuple[str, str]]()
    while waiting:
        where = waiting.pop()
        if where in met or where not in relations:
            continue
        met.add(where)
        try:
            named = list(_named(relations[where].definition or ""))
        except plpgsql.UnreadableSQLError:
            return True  # what cannot be read is no proof that somebody typed it
        if any(one in _ASKED for one in named):
            return True
        waiting += named
    return False


def _named(text: str) -> Iterator[tuple[str, str]]:
    """Names, each with what stands before its dot; texts hold none."""
    parts = list(plpgsql.tokens(text))
    for place, token in enumerate(parts):
        if token.kind in ("word", "quoted"):
            before = parts[place - 1].text if place else ""
            schema = parts[place - 2].text.strip('"') if before == "." and place > 1 else ""
            yield schema, token.text.strip('"')
