"""What a compiled script names, and whether it holds only what a plan may contain."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlglot import exp

from compliance.core import objectsql, plpgsql, sqlguard
from compliance.core.columns import Names, folded
from compliance.core.plpgsql import UnreadableSQLError
from compliance.core.sqlguard import UnsafeSQLError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from compliance.core.change import Step
    from compliance.core.footprint import FactKey

Column = tuple[str, str, str]

# A DO block of a plan holds checks and RAISE. With a loop or a write nobody could tell what the plan does.
_CHECKS = frozenset({"condition", "raise", "perform", "assign", "sql"})
_WRITES = exp.Insert | exp.Update | exp.Delete
_PARTS_OF_WRITES = (exp.Schema, exp.OnConflict, exp.Returning)


@lru_cache(maxsize=256)
def columns_named(script: str) -> frozenset[Column]:
    """`(schema, relation, column)` of every column a script names, inside DO blocks too; aliases resolved."""
    found: set[Column] = set()
    for statement in plpgsql.statements(script):
        body = plpgsql.do_body(statement)
        if body is None:
            found |= _of_piece(statement, frozenset())
        else:
            block = plpgsql.read_body(body)
            found |= {column for piece in block.pieces for column in _of_piece(piece.sql, block.variables)}
    return frozenset(found)


def check_step(step: Step, relations: Mapping[str, str]) -> None:
    """Raise `UnsafeSQLError` unless all three scripts keep to what the step says of itself: the rows and objects that
    it writes, and its hazards. `relations`: the table behind each section of rows."""
    objects = frozenset(key for key in step.writes if key.of_object)
    tables = {key.subject for key in objects if key.section == "catalog.relations" and key.subject}
    writable = tables | {relations[key.section] for key in step.writes - objects}
    check_plan(step.deploy, writable=writable, objects=objects, hazards=step.hazards)
    for text in (step.verify, step.revert):
        check_plan(text, writable=writable, objects=objects)


def check_plan(
    script: str,
    *,
    writable: Collection[str],
    objects: Collection[FactKey] = (),
    hazards: Collection[str] | None = None,
) -> None:
    """Raise `UnsafeSQLError` unless it only writes rows of `writable` (`schema.name`), makes what `objects` names, and
    checks in DO."""
    for statement in plpgsql.statements(script):
        body = plpgsql.do_body(statement)
        if body is not None:
            _check_block(body)
        elif not (objects and objectsql.check(statement, objects, hazards)):
            _check_write(statement, frozenset(writable))


def _of_piece(sql: str, variables: frozenset[str]) -> set[Column]:
    try:
        tree = sqlguard.parse_one(sql)
    except UnsafeSQLError as error:
        raise UnreadableSQLError.of(sql, error.message) from None
    return Names(variables, sql).of(tree)


def _check_write(statement: str, writable: frozenset[str]) -> None:
    tree = sqlguard.parse_one(statement)
    if not isinstance(tree, _WRITES):
        raise UnsafeSQLError(
            f"a plan may not contain {sqlguard.kind_of(tree)}: {_shown(statement)}",
            remedy="a step writes rows, or makes objects that it names; checks stand in a DO block",
        )
    table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    target = _qualified(table) if isinstance(table, exp.Table) else "?"
    if target not in writable:
        allowed = ", ".join(sorted(writable)) or "nothing"
        raise UnsafeSQLError(
            f"a plan may not write {target}: {_shown(statement)}", remedy=f"it may write {allowed}"
        )
    for node in tree.walk():
        if node is not tree and not isinstance(node, _PARTS_OF_WRITES):
            sqlguard.check_part(node)


def _check_block(body: str) -> None:
    for piece in plpgsql.read_body(body).pieces:
        if piece.kind not in _CHECKS:
            raise UnsafeSQLError(f"a DO block of a plan may not hold a {piece.kind}: {_shown(piece.sql)}")
        sqlguard.check_query(piece.sql)


def _qualified(table: exp.Table) -> str:
    return ".".join(folded(part) for part in (table.args.get("db"), table.this) if part)


def _shown(sql: str) -> str:
    text = " ".join(sql.split())
    return text if len(text) <= 120 else f"{text[:117]}..."
