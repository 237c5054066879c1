"""Reads the catalog: a handful of set-based queries, never one an object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import facts
from compliance.core.errors import CouldNotLook
from compliance.estate.resources import resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.estate.connection import Look

SECTIONS: dict[str, type[tuple[Any, ...]]] = {
    "server": facts.Server,
    "databases": facts.Database,
    "schemas": facts.Schema,
    "relations": facts.Relation,
    "columns": facts.Column,
    "constraints": facts.Constraint,
    "indexes": facts.Index,
    "functions": facts.Function,
    "triggers": facts.Trigger,
    "roles": facts.Role,
    "grants": facts.Grant,
    "executables": facts.Executable,
}
# Only where a rule judges it: text of every function is more than all the rest together.
ASKED: dict[str, type[tuple[Any, ...]]] = {"bodies": facts.Body}


class Read(NamedTuple):
    """A section, the query that was asked for it, and its facts or why there are none."""

    section: str
    query: str
    found: tuple[Any, ...] | CouldNotLook


def sections(*, bodies: bool) -> dict[str, type[tuple[Any, ...]]]:
    """What is looked at, and what of it is made."""
    return SECTIONS | ASKED if bodies else SECTIONS


def read_catalog(look: Look, roles: Iterable[str], *, bodies: bool = False) -> Iterator[Read]:
    """Every section of the catalog. One that cannot be read does not keep the others from being read."""
    wanted = sorted(roles)
    for name, fact in sections(bodies=bodies).items():
        path = f"sql/catalog/{name}.sql"
        params = {"roles": wanted} if name == "executables" else None
        try:
            rows = look.query(resource(path).read_bytes(), params)
        except CouldNotLook as error:
            yield Read(f"catalog.{name}", path, error)
        else:
            yield Read(f"catalog.{name}", path, tuple(fact(*row) for row in _frozen(rows)))


def _frozen(rows: list[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
    """Lists as tuples. Our queries give no NULL for an array, so the first row tells if there are any."""
    if not rows or not any(isinstance(value, list) for value in rows[0]):
        return rows
    return (tuple(tuple(v) if isinstance(v, list) else v for v in row) for row in rows)
