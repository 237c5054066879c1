"""Which type a field has in Directus: by the map of document 002, section 3, where it speaks, else as it is reported.

Directus keeps no type of a field of its own: it reads the type of the column. So whoever wants a field to have one
gives the column of the keyed table that type (`shadow_type`), or `special`, which overrides it.

The document ends its map with 'else string', which is not what runs: Directus 11.17.4 reports `text` of a text column,
`decimal` of a numeric one and `unknown` of a range, which nobody can filter by. What it reports was measured
(tests/live/test_registration_types.py) and counts; what it does not know is refused. Two entries of the document are
not what Directus would report of the view's own column: of a bigint (bigInteger) and of a timestamp with time zone
(timestamp). There the keyed table has a column of another type, so that both are right.

A domain comes as the type below it, since information_schema, and with it the envelope, names that.
"""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType

from compliance.core.sqltext import name

# The document's own entries; integer kinds are those of PostgreSQL.
_DOCUMENT = {
    "uuid": "uuid",
    "jsonb": "json",
    "array": "json",
    "timestamp with time zone": "dateTime",
    "timestamp without time zone": "dateTime",
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
}
# As Directus 11.17.4 reports a column of it. A numeric without a precision it takes for an integer: see `shadow_type`.
_MEASURED = {
    "json": "json",
    "text": "text",
    "citext": "text",
    "character varying": "string",
    "character": "string",
    "interval": "string",
    "boolean": "boolean",
    "bit": "boolean",
    "date": "date",
    "time with time zone": "time",
    "time without time zone": "time",
    "real": "float",
    "double precision": "float",
    "money": "float",
    "numeric": "decimal",
    "point": "geometry.Point",
    "polygon": "geometry.Polygon",
}
# The only type measured that information_schema calls USER-DEFINED; anybody may name one of their own as they like.
_OF_EXTENSIONS = frozenset({"citext"})
MAP = MappingProxyType({**_MEASURED, **_DOCUMENT})
# What it says of a column itself, where that is not what the document wants of the view's.
_REPORTED = {"array": None, "bigint": "bigInteger", "timestamp with time zone": "timestamp"}
# Whose column is of another type where nothing is stored in it.
_SHADOW = {
    "array": "jsonb",
    "character": "character varying",
    "bigint": "integer",
    "timestamp with time zone": "timestamp without time zone",
    "numeric": "numeric(38,10)",
}
# How a column of the type that the view gives is taken for what the map says.
_SPECIAL = {"array": ("cast-json",), "timestamp with time zone": ("cast-datetime",)}
_MODIFIER = re.compile(r"\([^()]*\)")
_SPELLED = {"timestamp": "timestamp without time zone", "time": "time without time zone"}
# Where the catalog has another name for it than the standard.
_UDT = {
    "smallint": "int2", "integer": "int4", "bigint": "int8", "boolean": "bool", "real": "float4",
    "double precision": "float8", "character varying": "varchar", "character": "bpchar", '"char"': "char",
    "bit varying": "varbit", "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz",
    "time without time zone": "time", "time with time zone": "timetz",
}  # fmt: skip
_ENDING = " (Directus would say `unknown`)"


@lru_cache(maxsize=1 << 12)
def kind(pg_type: str, pg_udt: str = "") -> str:
    """The key of the map. `pg_type`: as information_schema, or as PostgreSQL writes it with its modifier.

    `pg_udt` tells what a type is that came with an extension, and an array.
    """
    plain = " ".join(_MODIFIER.sub("", pg_type).lower().split())
    if plain.endswith("]") or pg_udt.startswith("_") or plain == "array":
        return "array"
    if plain == "user-defined":
        return pg_udt if pg_udt in _OF_EXTENSIONS else plain
    if plain.startswith("interval"):
        return "interval"
    return _SPELLED.get(plain, plain)


def of_udt(pg_type: str, pg_udt: str) -> str:
    """A type as information_schema names it, as a column can be declared."""
    if pg_udt.startswith("_") and pg_type.upper() == "ARRAY":
        return f"{pg_udt[1:]}[]"
    return pg_udt if pg_type == "USER-DEFINED" else pg_type


def told(pg_type: str) -> tuple[str, str] | None:
    """`data_type, udt_name` as information_schema has them of a type that PostgreSQL writes so.

    None of a type that is not PostgreSQL's own: such a one comes with its schema, and may be a domain.
    """
    plain = " ".join(_MODIFIER.sub("", pg_type).split())
    base = plain.rstrip("[]")
    if "." in base or (base.startswith('"') and base != '"char"'):
        return None
    if base.startswith("interval"):
        plain = base = "interval" + plain[len(base) :]
    base = _SPELLED.get(base, base)
    udt = _UDT.get(base, base)
    return ("ARRAY", f"_{udt}") if plain.endswith("]") else (base, udt)


def mapped(pg_type: str, pg_udt: str = "") -> str | None:
    """The type in Directus, or None where there is none."""
    return MAP.get(kind(pg_type, pg_udt))


def reported(pg_type: str) -> str | None:
    """What Directus says of a column itself, before anything overrides it; None where it says `unknown`."""
    found = kind(pg_type.rpartition(".")[2])
    if found == "numeric":
        return "decimal" if "(" in pg_type else "integer"
    return _REPORTED[found] if found in _REPORTED else MAP.get(found)


def unmapped(field: str, pg_type: str, pg_udt: str = "") -> str | None:
    """Why a field cannot have a type there, and what to do; None where it can."""
    if mapped(pg_type, pg_udt) is not None:
        return None
    named = pg_udt if pg_type == "USER-DEFINED" and pg_udt else pg_type
    return f"{field}: Directus has no type for {named}{_ENDING}; cast it in the view, for example {name(field)}::text"


def shadow_type(pg_type: str) -> str:
    """The PostgreSQL type of a column that Directus reports as the map says, where the table stays empty.

    A numeric has to have a precision, without one it is taken for an integer.
    """
    found = kind(pg_type)
    if found == "numeric" and "(" in pg_type:
        return pg_type
    return _SHADOW.get(found, pg_type)


def projected_type(pg_type: str) -> str:
    """The same for a table that holds what the view gives: no value may become another one.

    A bigint is kept in a numeric without a precision, which Directus takes for an integer. `special` does the rest.
    """
    return "numeric" if kind(pg_type) == "bigint" else pg_type


def special(pg_type: str) -> tuple[str, ...]:
    """`special` of a field whose column would be reported otherwise.

    Of a shadow too, whose column is reported well: where it reads items, Directus 11.17.4 joins columns to tables by
    name alone, and so takes the type of the view's column or of the shadow's, whichever comes last.
    """
    return _SPECIAL.get(kind(pg_type), ())


def unprojected(field: str, pg_type: str) -> str | None:
    """Why no column can both hold this field and be reported as the map says; None where one can."""
    if kind(pg_type) == "numeric" and "(" not in pg_type:
        return (
            f"{field}: Directus takes a numeric column without a precision for an integer;"
            f" give it one in the view, for example {name(field)}::numeric(20,4)"
        )
    return None
