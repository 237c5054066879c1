"""Does a view take rows? One of a single table does without anything that says so; a trigger or a rule makes any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compliance.core.facts import Relation, Trigger

_INSTEAD = re.compile(r"\bINSTEAD OF\b|\bDO INSTEAD\b")
# PostgreSQL updates no view by itself that has one of these.
_PARTS = ("with_", "group", "having", "distinct", "limit", "offset", "laterals", "joins")


def writable(view: Relation, triggers: Iterable[Trigger]) -> str:
    """Why it takes rows; empty where it takes none."""
    mine = [t for t in triggers if (t.schema, t.relation) == (view.schema, view.name) and t.enabled]
    for trigger in mine:
        if _INSTEAD.search(trigger.definition):
            return f"{trigger.name} acts instead of a write"
    if view.kind == "view" and plain(view.definition or ""):
        return "it is a view of one table, into which PostgreSQL inserts by itself"
    return ""


def plain(definition: str) -> bool:
    """A SELECT from one relation that passes at least one column on. What cannot be read counts as none: then a trigger
    or a grant is what makes it writable, and both are looked for."""
    try:
        tree = parse_one(definition.rstrip().rstrip(";"), dialect="postgres")
    except SqlglotError:
        return False
    if not isinstance(tree, exp.Select) or any(tree.args.get(part) for part in _PARTS):
        return False
    from_ = tree.args.get("from_")
    source = from_.this if from_ is not None else None
    if (
        not isinstance(source, exp.Table)
        or not isinstance(source.this, exp.Identifier)
        or source.args.get("joins")
    ):
        return False
    if any(tree.find_all(exp.AggFunc, exp.Window)):
        return False
    return any(isinstance(item.unalias(), exp.Column) for item in tree.expressions)
