"""What a system wants looked at. One look serves all systems, so needs are summed before anything is opened."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RowsNeed:
    """Columns of a governed table, of which the first names the row.

    `only` keeps the rows where a column has one of some values.
    """

    name: str
    relation: str
    columns: tuple[str, ...]
    only: tuple[str, tuple[str, ...]] | None = None

    @property
    def section(self) -> str:
        return f"rows:{self.name}"


@dataclass(frozen=True, slots=True)
class Needs:
    """Rows of governed tables, files of the repository, and the roles whose right to execute is asked for.

    `exercised`: systems of which the ledger may hold what calls answered.
    """

    rows: tuple[RowsNeed, ...] = ()
    files: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    exercised: frozenset[str] = frozenset()

    @property
    def relations(self) -> dict[str, str]:
        """`schema.name` of the table behind each section of rows."""
        return {need.section: ".".join(split_name(need.relation)) for need in self.rows}

    def __add__(self, other: Needs) -> Needs:
        rows = {need.name: need for need in (*self.rows, *other.rows)}
        return Needs(
            tuple(rows.values()),
            self.files | other.files,
            self.roles | other.roles,
            self.exercised | other.exercised,
        )


def split_name(qualified: str) -> tuple[str, str]:
    """`schema.name`; the first dot divides, so that a name may hold others. Without one: schema public."""
    schema, dot, name = qualified.partition(".")
    return (schema, name) if dot else ("public", schema)
