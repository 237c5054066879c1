"""The guard over SQL text: one SELECT, built of allow-listed parts alone, calling allow-listed functions alone.

An allow-list, because PostgreSQL has some 3,000 functions and gains more with every version: whoever forgets
one on a deny-list has let it through. The whole tree is walked, as a SELECT may hide a CTE that deletes, INTO
or FOR UPDATE. What a view does behind its name cannot be seen in a text: that is what the other layers are for.
"""

from __future__ import annotations

import logging
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from compliance.core.errors import ConfigurationError

# It logs a warning for each statement that it keeps as opaque text. Here that is a refusal, said once, with a
# reason.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

_READING = """
abs acldefault aclexplode age array_agg array_length array_lower array_position array_remove array_to_string
array_upper avg bit_length bool_and bool_or btrim cardinality ceil ceiling char_length character_length chr
coalesce col_description concat concat_ws convert_from convert_to count cume_dist current_catalog
current_database current_date current_role current_schema current_schemas current_setting current_timestamp
current_user date_part date_trunc dense_rank encode every exp extract first_value floor format format_type
generate_series generate_subscripts greatest has_any_column_privilege has_column_privilege
has_database_privilege has_function_privilege has_schema_privilege has_sequence_privilege has_table_privilege
has_type_privilege initcap json_agg json_array_elements json_array_elements_text json_array_length
json_build_array json_build_object json_each json_each_text json_extract_path json_extract_path_text
json_object_agg json_object_keys json_typeof jsonb_agg jsonb_array_elements jsonb_array_elements_text
jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_extract_path
jsonb_extract_path_text jsonb_object_agg jsonb_object_keys jsonb_path_exists jsonb_path_query jsonb_typeof lag
last_value lead least left length lower lpad ltrim max md5 min mod now nullif num_nonnulls num_nulls
obj_description octet_length overlay pg_control_system pg_encoding_to_char pg_get_constraintdef pg_get_expr
pg_get_function_arguments pg_get_function_identity_arguments pg_get_function_result pg_get_function_sqlbody
pg_get_functiondef pg_get_indexdef pg_get_ruledef pg_get_triggerdef pg_get_userbyid pg_get_viewdef pg_has_role pg_typeof
position power quote_ident quote_literal quote_nullable rank regexp_match regexp_matches regexp_replace
regexp_split_to_array regexp_split_to_table repeat replace reverse right round row_number row_to_json row rpad
rtrim session_user sha224 sha256 sha384 sha512 sign split_part sqrt starts_with statement_timestamp string_agg
string_to_array string_to_table strpos substr substring sum to_char to_date to_json to_jsonb to_number
to_regclass to_regnamespace to_regproc to_regprocedure to_regrole to_regtype to_timestamp
transaction_timestamp translate trim trunc unnest upper user version
"""
FUNCTIONS = frozenset(_READING.split())

_PARTS: tuple[type[exp.Expr], ...] = (
    exp.Select, exp.SetOperation, exp.Subquery, exp.Values, exp.With, exp.CTE, exp.From, exp.Join,
    exp.Lateral, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.Fetch,
    exp.Distinct, exp.Table, exp.TableAlias, exp.Column, exp.ColumnDef, exp.Alias, exp.Aliases,
    exp.Identifier, exp.Star, exp.Dot, exp.Literal, exp.Null, exp.Boolean, exp.National, exp.HexString,
    exp.ByteString, exp.RawString, exp.Placeholder, exp.Parameter, exp.DataType, exp.DataTypeParam, exp.Var,
    exp.Interval, exp.Paren, exp.Tuple, exp.Bracket, exp.Slice, exp.Case, exp.Window, exp.WindowSpec,
    exp.Filter, exp.WithinGroup, exp.Collate, exp.AtTimeZone, exp.Cube, exp.Rollup, exp.GroupingSets, exp.Any,
    exp.All, exp.Unary, exp.Binary, exp.Predicate, exp.JSONPath, exp.JSONPathPart, exp.IntervalSpan,
    exp.Array, exp.If, exp.Cast, exp.Unnest, exp.Connector, exp.Explode,
)  # fmt: skip
# Parts that the families above would let in. An operator named by its schema can be anybody's function.
_NEVER: tuple[type[exp.Expr], ...] = (exp.Operator, exp.Command)


class UnsafeSQLError(ConfigurationError):
    """SQL text that is more than a query of allow-listed parts."""


def check_query(sql: str) -> None:
    """Raise `UnsafeSQLError`, which says why, unless the text is one plain SELECT."""
    statement = parse_one(sql)
    if not isinstance(statement, exp.Select | exp.SetOperation | exp.Subquery):
        raise _refused(f"it is not a SELECT but {kind_of(statement)}", statement)
    check_expression(statement)


def check_expression(statement: exp.Expr) -> None:
    """Raise `UnsafeSQLError` unless every part of the tree is allow-listed."""
    for node in statement.walk():
        check_part(node)


def check_part(node: exp.Expr) -> None:
    """Raise `UnsafeSQLError` unless this one part is allow-listed, whatever stands below it."""
    if why := _objection(node):
        raise _refused(why, node)


def parse(sql: str) -> tuple[exp.Expr, ...]:
    """The statements of a text, as PostgreSQL separates them."""
    try:
        return _trees(sql)
    except (SqlglotError, RecursionError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnsafeSQLError(
            f"SQL is refused: it cannot be parsed ({first})", remedy="write it as plain SQL"
        ) from None


@lru_cache(maxsize=1024)
def _trees(sql: str) -> tuple[exp.Expr, ...]:
    """Parsed once: a rule and the check of the plan read the same statements, and nobody changes a tree."""
    return tuple(statement for statement in sqlglot.parse(sql, dialect="postgres") if statement is not None)


def parse_one(sql: str) -> exp.Expr:
    """The one statement of a text."""
    statements = [s for s in parse(sql) if not isinstance(s, exp.Semicolon)]
    if len(statements) != 1:
        raise UnsafeSQLError(
            f"SQL is refused: it has {len(statements)} statements, not one", remedy="write one SELECT"
        )
    return statements[0]


def kind_of(node: exp.Expr) -> str:
    """What a person calls it: the first word of an opaque command, else the name of the part."""
    return str(node.this).upper() if isinstance(node, exp.Command) else type(node).__name__.upper()


def _objection(node: exp.Expr) -> str | None:
    if isinstance(node, exp.Select) and node.args.get("into"):
        return "SELECT INTO makes a table"
    if isinstance(node, exp.Select) and node.args.get("locks"):
        return "FOR UPDATE or FOR SHARE locks rows"
    if isinstance(node, _NEVER):
        return f"{kind_of(node)} is not allowed"
    if isinstance(node, exp.DataType):
        return _foreign_type(node)
    if isinstance(node, exp.Func) and (why := _foreign_function(node)):
        return why
    known = isinstance(node, (*_PARTS, exp.Func))
    return None if known else f"{kind_of(node)} is not allowed"


def _foreign_function(node: exp.Func) -> str | None:
    names = {node.name.lower()} if isinstance(node, exp.Anonymous) else {n.lower() for n in node.sql_names()}
    shown = sorted(names)[0]
    schema = _schema_of(node)
    if schema not in ("", "pg_catalog"):
        return f"function {schema}.{shown} is not PostgreSQL's own"
    if isinstance(node, _PARTS) or names & FUNCTIONS:
        return None
    return f"function {shown} is not on the list of functions that only read"


def _schema_of(node: exp.Func) -> str:
    parent = node.parent
    if isinstance(parent, exp.Dot) and parent.expression is node:
        return str(parent.this.sql(dialect="postgres")).lower()
    if isinstance(parent, exp.Table) and parent.this is node:
        return str(parent.db).lower()
    return ""


def _foreign_type(node: exp.DataType) -> str | None:
    """A cast to somebody's own type may run somebody's own function."""
    kind = str(node.args.get("kind") or "")
    schema, dot, _ = kind.rpartition(".")
    return f"type {kind} is not PostgreSQL's own" if dot and schema.lower() != "pg_catalog" else None


def _refused(why: str, node: exp.Expr) -> UnsafeSQLError:
    text = node.sql(dialect="postgres")
    shown = text if len(text) <= 120 else f"{text[:117]}..."
    return UnsafeSQLError(
        f"SQL is refused: {why}, at: {shown}", remedy="write one SELECT of plain columns and conditions"
    )
