"""What a system wants looked at. One look serves all systems, so needs are summed before anything is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class RowsNeed:
    """Columns of a governed table, of which the first names the row.

    `only` keeps the rows where a column has one of some values. `candidates`: further columns that an estate may lack,
    behind the others; the value of one that is not there is None, and `catalog.columns` tells which are. `named_by`:
    candidates too, of which the first that is there names the row, and its value stands before all others.
    `distinct`: each combination once, as text, of a table that grows without end.
    """

    name: str
    relation: str
    columns: tuple[str, ...]
    only: tuple[str, tuple[str, ...]] | None = None
    candidates: tuple[str, ...] = ()
    distinct: bool = False
    named_by: tuple[str, ...] = ()

    @property
    def section(self) -> str:
        return f"rows:{self.name}"

    @property
    def all_columns(self) -> tuple[str, ...]:
        """What the values of a row are of, in their order; behind its name, where it is `named_by` a candidate."""
        return (*self.columns, *self.candidates)


class DocumentsNeed(NamedTuple):
    """Where the document service keeps its documents: a table, the column of keys and the one of JSON."""

    relation: str
    key: str
    data: str


class Compared(NamedTuple):
    """A view, and the table that is kept equal to it or empty behind it: compared by the columns that name a row.

    Of the others those count that both have; what one of them lacks, the catalog shows.
    """

    name: str
    view: str
    table: str
    key: tuple[str, ...]

    @property
    def section(self) -> str:
        return f"compared:{self.name}"


@dataclass(frozen=True, slots=True)
class Needs:
    """Rows of governed tables, files and folders of the repository, and the roles whose right to execute is asked for.

    `exercised`: systems of which the ledger may hold what calls answered. `directus`, `agent_data`: what the services
    say of themselves; `documents`: what the second one keeps; `bodies`: the source text of functions; `trees`: folders
    of the repository; `routes`: paths of endpoints; `collections`: names that Directus is asked for an item of;
    `compared`: views and the tables that hold the same; `listed`: paths of the repository, there or not, of which the
    names, modes and what git leaves out are wanted, of a folder those of all that is in it.
    """

    rows: tuple[RowsNeed, ...] = ()
    files: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    exercised: frozenset[str] = frozenset()
    directus: bool = False
    agent_data: bool = False
    documents: DocumentsNeed | None = None
    bodies: bool = False
    trees: frozenset[str] = frozenset()
    routes: frozenset[str] = frozenset()
    collections: frozenset[str] = frozenset()
    compared: tuple[Compared, ...] = ()
    listed: frozenset[str] = frozenset()

    @property
    def relations(self) -> dict[str, str]:
        """`schema.name` of the table behind each section of rows."""
        return {need.section: ".".join(split_name(need.relation)) for need in self.rows}

    def __add__(self, other: Needs) -> Needs:
        rows = {need.name: need for need in (*self.rows, *other.rows)}
        compared = {need.name: need for need in (*self.compared, *other.compared)}
        return Needs(
            tuple(rows.values()),
            self.files | other.files,
            self.roles | other.roles,
            self.exercised | other.exercised,
            self.directus or other.directus,
            self.agent_data or other.agent_data,
            other.documents or self.documents,
            self.bodies or other.bodies,
            self.trees | other.trees,
            self.routes | other.routes,
            self.collections | other.collections,
            tuple(compared.values()),
            self.listed | other.listed,
        )


def split_name(qualified: str) -> tuple[str, str]:
    """`schema.name`; the first dot divides, so that a name may hold others. Without one: schema public."""
    schema, dot, name = qualified.partition(".")
    return (schema, name) if dot else ("public", schema)
