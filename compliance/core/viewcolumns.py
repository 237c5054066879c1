"""Which columns of a view can never be NULL: a catalog says of every column of a view that it may be.

One never is, where the view passes on, as it is, a column that is NOT NULL in a table, also through views, queries in
FROM and WITH. Nothing is claimed where its source stands on the nullable side of an outer join, or where it comes out
of an expression, a set operation, a grouping set, or anything that is not understood.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from compliance.core import viewtext

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from compliance.core.facts import Column, Relation
    from compliance.core.viewtext import Query, Source

# A name and whether it is never NULL, in the order of the columns.
Columns = list[tuple[str, bool]]
# NOT NULL of a foreign table is a promise of nobody; a materialized view may be older than what its tables now promise.
TABLES = frozenset({"table", "partitioned table"})


class ViewColumns:
    """All views of a catalog, each read once, and only when it is asked for.

    `path`: the schemas that a name without one is looked for in, in their order: where definitions were written.
    """

    def __init__(
        self, relations: Iterable[Relation], columns: Iterable[Column], path: Sequence[str] = ()
    ) -> None:
        self._path = path
        self._relations = {(r.schema, r.name): r for r in relations}
        self._columns: dict[tuple[str, str], list[Column]] = defaultdict(list)
        for column in columns:
            self._columns[column.schema, column.relation].append(column)
        self._children: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for key, relation in self._relations.items():
            for parent in relation.parents:
                self._children[parent].append(key)
        self._known: dict[tuple[str, str], Columns] = {}

    def columns(self, schema: str, name: str) -> tuple[Column, ...]:
        """Of a relation, in their order."""
        return tuple(self._columns.get((schema, name), ()))

    def required(self, schema: str, name: str) -> frozenset[str]:
        """The columns of a relation that are never NULL."""
        return frozenset(column for column, never in self._of((schema, name)) if never)

    def _of(self, key: tuple[str, str]) -> Columns:
        if key not in self._known:
            names = [column.name for column in self._columns.get(key, ())]
            self._known[key] = [(name, False) for name in names]  # of one that asks for itself nothing is known
            self._known[key] = self._asked(key, names)
        return self._known[key]

    def _asked(self, key: tuple[str, str], names: list[str]) -> Columns:
        relation = self._relations.get(key)
        if relation is not None and relation.kind in TABLES:
            return [(name, self._never(key, name)) for name in names]
        if relation is not None and relation.kind == "view" and relation.definition:
            found = self._outputs(viewtext.read(relation.definition), {})
            if len(found) == len(names):
                return [(name, never) for name, (_, never) in zip(names, found, strict=True)]
        return [(name, False) for name in names]

    def _never(self, key: tuple[str, str], name: str) -> bool:
        """In the table and in all that inherit from it, which may have given it up."""
        here = any(column.name == name and not column.nullable for column in self._columns.get(key, ()))
        return here and all(self._never(child, name) for child in self._children.get(".".join(key), ()))

    def _outputs(self, query: Query | None, shared: Mapping[str, Columns]) -> Columns:
        """What a query gives. `shared`: what the queries of WITH around it give."""
        if query is None:
            return []
        known = dict(shared)
        for name, each in query.shared.items():
            known[name] = []
            known[name] = _renamed(self._outputs(each.query, known), each.columns)
        sources = {source.alias: self._source(source, known) for source in query.sources}
        if len(sources) < len(query.sources):
            return []  # two of one name: nothing tells which is meant
        only = next(iter(sources)) if len(sources) == 1 else ""
        return [
            (output.name, bool(sources.get(output.source or only, {}).get(output.column)))
            for output in query.outputs
        ]

    def _source(self, source: Source, shared: Mapping[str, Columns]) -> dict[str, bool]:
        if source.nullable:
            return {}
        if source.query is not None:
            found = self._outputs(source.query, shared)
        elif not source.schema and source.name in shared:
            found = shared[source.name]
        else:
            found = self._of(self._named(source)) if source.name else []
        return _by_name(_renamed(found, source.columns))

    def _named(self, source: Source) -> tuple[str, str]:
        schemas = [source.schema] if source.schema else self._path
        return next((key for s in schemas if (key := (s, source.name)) in self._relations), ("", ""))


def _renamed(columns: Columns, names: Sequence[str]) -> Columns:
    return [
        (names[place] if place < len(names) else name, never) for place, (name, never) in enumerate(columns)
    ]


def _by_name(columns: Columns) -> dict[str, bool]:
    """Of a name that stands twice nothing is known."""
    found: dict[str, bool] = {}
    for name, never in columns:
        found[name] = never and name not in found
    return found
