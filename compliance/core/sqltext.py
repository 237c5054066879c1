"""Names and literals of PostgreSQL as text, for SQL that is compiled without a connection."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from compliance.core.errors import ConfigurationError
from compliance.core.needs import split_name

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
# Reserved in PostgreSQL 14 to 18 (appendix C of its manual): as a bare name each of them is a syntax error somewhere.
_WORDS = """
all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
collation column concurrently constraint create cross current_catalog current_date current_role current_schema
current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch
for foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral
leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer
overlaps placing primary references returning right select session_user similar some symmetric system_user
table tablesample then to trailing true union unique user using values variadic verbose when where window with
"""
_RESERVED = frozenset(_WORDS.split())


@cache
def _keywords() -> frozenset[str]:
    """PostgreSQL's, and what sqlglot would not take for a name: whatever is compiled is parsed again by both."""
    from sqlglot.dialects.postgres import Postgres

    return _RESERVED | {word.lower() for word in Postgres.Tokenizer.KEYWORDS}


def name(identifier: str) -> str:
    """A name, quoted where it has to be; any name is possible but an empty one and one with a NUL."""
    if not identifier or "\0" in identifier:
        raise ConfigurationError(f"{identifier!r} cannot be a name in PostgreSQL")
    if _PLAIN.fullmatch(identifier) and identifier not in _keywords():
        return identifier
    return '"' + identifier.replace('"', '""') + '"'


def relation(qualified: str) -> str:
    """`schema.name`, each part quoted where it has to be."""
    return ".".join(map(name, split_name(qualified)))


def literal(value: Any) -> str:
    """A value as a constant, spelled so that no setting of the session changes what it means."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (tuple, list)):
        return "array[" + ", ".join(map(literal, value)) + "]"
    text = str(value)
    if "\0" in text:
        raise ConfigurationError("a text with a NUL cannot be stored in PostgreSQL")
    quoted = "'" + text.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted


def do_block(tag: str, body: str) -> str:
    """A `DO` block whose quotes cannot be closed by what stands in it."""
    while f"${tag}$" in body:
        tag += "_"
    return f"do ${tag}$\n{body}\n${tag}$;"


def raising(condition: str, message: str) -> str:
    """`IF condition THEN RAISE`: a check that aborts the transaction, where printing `f` would not."""
    return (
        f"    if {condition} then\n        raise exception {literal(message.replace('%', '%%'))};\n    end if;"
    )
