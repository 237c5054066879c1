"""Renders the change of one flow and its operations as SQL that can be undone: from one side to the other, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.change import Step
from compliance.core.flowdiff import JUDGED_OF_OPERATION, same
from compliance.core.flows import FLOW_COLUMNS, OPERATION_COLUMNS
from compliance.core.footprint import FactKey
from compliance.core.sqltext import do_block, literal, name, raising

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from compliance.core.change import Hazard
    from compliance.core.facts import Column
    from compliance.core.flowdiff import Values

_SHAPE = ("relations", "columns", "constraints", "indexes", "triggers")
_LINKS = {"resolve": 5, "reject": 6}


_TABLES = ("flows", "operations")
_AGAIN = "\non conflict (id) do nothing"


@dataclass(frozen=True, slots=True)
class Side:
    """The rows of flows that are changed together, before or after that, and of their operations."""

    flows: tuple[Values, ...]
    operations: tuple[Values, ...]

    def rows(self, table: str) -> dict[str, Values]:
        """By id."""
        return {str(row[0]): row for row in (self.flows if table == "flows" else self.operations)}

    @property
    def named(self) -> set[str]:
        """Every operation that is here, or that something here leads to."""
        links = (link for row in self.operations for link in (row[0], *row[5:7]))
        return {str(link) for link in (*links, *(row[6] for row in self.flows)) if link is not None}


class Writer:
    """Steps over `directus_flows` and `directus_operations` of a schema."""

    def __init__(self, schema: str, columns: Iterable[Column]) -> None:
        self.schema = schema
        self._text = {
            c.relation.removeprefix("directus_")
            for c in columns
            if (c.schema, c.name) == (schema, "options") and c.type not in ("json", "jsonb")
        }

    def change(self, title: str, before: Side, after: Side) -> Step:
        """Make flows as declared, whatever of them is there; revert gives back what was there."""
        return self._step(title, before, after)

    def insert(self, flow: str, after: Side, before: Side) -> Step:
        """The seed: insert what is not there; over a row that is there and is another one it aborts."""
        new = Side(
            tuple(after.rows("flows")[i] for i in after.rows("flows") if i not in before.rows("flows")),
            tuple(
                after.rows("operations")[i]
                for i in after.rows("operations")
                if i not in before.rows("operations")
            ),
        )
        deploy = [self._insert(table, rows, _AGAIN) for table, rows in _tables(after)]
        revert = (
            self._script(new, Side((), ()), self._holds("REFUSED", new, None))
            if new.flows or new.operations
            else "-- Nothing was inserted, so there is nothing to remove."
        )
        return Step(
            f"set up {flow}", "\n\n".join(deploy), self._holds("verify", after, None), revert,
            frozenset[Any]({"inserts", "reloads-runtime"}), self._reads(after), self._writes(after),
        )  # fmt: skip

    def switch_off(self, title: str, row: Values) -> Step:
        """An undeclared flow (`prune: true`): inactive, so that whoever misses it finds it."""
        after = (*row[:2], "inactive", *row[3:])
        return self._step(f"switch off {title}", Side((row,), ()), Side((after,), ()))

    def _step(self, title: str, before: Side, after: Side) -> Step:
        both = Side((*before.flows, *after.flows), (*before.operations, *after.operations))
        return Step(
            title,
            self._script(before, after, self._either(before, after), _AGAIN),
            self._holds("verify", after, before),
            self._script(after, before, self._holds("REFUSED", after, before)),
            frozenset({*_hazards(before, after), "reloads-runtime"}),
            self._reads(both),
            self._writes(both),
        )

    def _script(self, before: Side, after: Side, guard: str, again: str = "") -> str:
        """From one side to the other, behind a guard that what is there still is what was seen.

        Links go first and come last: `resolve`, `reject` and a flow's root are each unique, so that two rows that
        change places would meet in the middle. A flow goes after all that leave it: its operations go with it.
        """
        parts = [
            guard,
            *self._unlink(before, after),
            *self._delete("operations", before, after),
            *(self._insert(t, rows, again) for t in _TABLES if (rows := _only(t, after, before))),
            *self._update("operations", before, after),
            *self._update("flows", before, after),
            *self._delete("flows", before, after),
        ]
        return "\n\n".join(parts)

    def _either(self, before: Side, after: Side) -> str:
        """Each row as it was or as it will be, so that what was done is done again without harm."""
        checks = []
        for table in _TABLES:
            sides = (before.rows(table), after.rows(table))
            for row_id in sides[0] | sides[1]:
                wanted = dict.fromkeys(self._state(table, row_id, side.get(row_id)) for side in sides)
                said = _said(table, sides[0].get(row_id) or sides[1][row_id])
                checks.append(
                    raising(f"not ({' or '.join(wanted)})", f"preflight: {said} was changed since it was seen")
                )
        return do_block("preflight", "begin\n" + "\n".join(checks) + "\nend")

    def _state(self, table: str, row_id: str, row: Values | None) -> str:
        if row is not None:
            return self._is_there(table, row)
        return f"not exists (select 1 from {self._table(table)} as c where c.id = {literal(row_id)})"

    def _unlink(self, before: Side, after: Side) -> Iterator[str]:
        want = after.rows("operations")
        for link, place in _LINKS.items():
            loose = [
                row[0]
                for row in before.operations
                if row[place] is not None and (row[0] not in want or want[row[0]][place] != row[place])
            ]
            if loose:
                yield (
                    f"update {self._table('operations')} as c set {link} = null\n"
                    f"where c.id in ({', '.join(map(literal, loose))});"
                )
        roots = {row[6] for row in after.flows}
        for row in before.flows:
            other = after.rows("flows").get(row[0])
            if row[6] is not None and (row[6] in roots if other is None else other[6] != row[6]):
                yield f"update {self._table('flows')} as c set operation = null\nwhere c.id = {literal(row[0])};"

    def _delete(self, table: str, before: Side, after: Side) -> Iterator[str]:
        gone = [row[0] for row in _only(table, before, after)]
        if gone:
            yield f"delete from {self._table(table)} as c where c.id in ({', '.join(map(literal, gone))});"

    def _insert(self, table: str, rows: Sequence[Values], tail: str) -> str:
        columns = _columns(table)
        values = ",\n".join(
            "    (" + ", ".join(self._value(table, c, v) for c, v in zip(columns, row, strict=True)) + ")"
            for row in rows
        )
        return f"insert into {self._table(table)} ({', '.join(map(name, columns))})\nvalues\n{values}{tail};"

    def _update(self, table: str, before: Side, after: Side) -> Iterator[str]:
        old = before.rows(table)
        for row_id, row in after.rows(table).items():
            changes = _changes(table, row, old[row_id]) if row_id in old else []
            if changes:
                wanted = ", ".join(f"{name(c)} = {self._value(table, c, new)}" for c, new in changes)
                yield f"update {self._table(table)} as c set {wanted}\nwhere c.id = {literal(row_id)};"

    def _holds(self, tag: str, side: Side, other: Side | None) -> str:
        """Every row is as this side has it, in every governed column; what only the other side has is not there."""
        checks = []
        for table, rows in _tables(side):
            checks += [
                raising(
                    f"not {self._is_there(table, row)}", f"{tag}: {_said(table, row)} is not as it has to be"
                )
                for row in rows
            ]
        for table in _TABLES if other else ():
            checks += [
                raising(
                    f"exists (select 1 from {self._table(table)} as c where c.id = {literal(row[0])})",
                    f"{tag}: {_said(table, row)} is there",
                )
                for row in (_only(table, other, side) if other else ())
            ]
        return do_block(tag.lower(), "begin\n" + "\n".join(checks) + "\nend")

    def _is_there(self, table: str, row: Values) -> str:
        pairs = zip(_judged(table), row, strict=False)
        same = " and ".join(self._is(table, column, value) for column, value in pairs)
        return f"exists (select 1 from {self._table(table)} as c where {same})"

    def _is(self, table: str, column: str, value: Any) -> str:
        """JSON has no equality; as jsonb it has one that knows nothing of spaces and of the order of keys."""
        there = f"c.{name(column)}"
        if column != "options" or table in self._text:
            return f"{there} is null" if value is None else f"{there} = {self._value(table, column, value)}"
        # JSON's null is read as no value at all.
        found = f"coalesce({there}::jsonb, 'null'::jsonb)" if value is None else f"{there}::jsonb"
        return f"{found} = {literal(canonical.dumps(value).decode())}::jsonb"

    def _value(self, table: str, column: str, value: Any) -> str:
        if value is None:
            return "null"
        if column != "options" or (table in self._text and isinstance(value, str)):
            return literal(value)
        return literal(canonical.dumps(value).decode())

    def _table(self, table: str) -> str:
        return f"{name(self.schema)}.directus_{table}"

    def _reads(self, side: Side) -> frozenset[FactKey]:
        tables = (f"{self.schema}.directus_flows", f"{self.schema}.directus_operations")
        shape = {FactKey(f"catalog.{kind}", table) for kind in _SHAPE for table in tables}
        return frozenset(shape | self._writes(side))

    def _writes(self, side: Side) -> frozenset[FactKey]:
        return frozenset(FactKey(f"rows:{table}", str(row[0])) for table, rows in _tables(side) for row in rows)


def _columns(table: str) -> tuple[str, ...]:
    return FLOW_COLUMNS if table == "flows" else OPERATION_COLUMNS


def _judged(table: str) -> tuple[str, ...]:
    return FLOW_COLUMNS if table == "flows" else JUDGED_OF_OPERATION


def _tables(side: Side) -> Iterable[tuple[str, tuple[Values, ...]]]:
    return [(t, rows) for t, rows in (("flows", side.flows), ("operations", side.operations)) if rows]


def _only(table: str, side: Side, other: Side) -> list[Values]:
    there = other.rows(table)
    return [row for row_id, row in side.rows(table).items() if row_id not in there]


def _hazards(before: Side, after: Side) -> set[Hazard]:
    found: set[Hazard] = set()
    if any(_only(table, after, before) for table in _TABLES):
        found.add("inserts")
    if any(_only(table, before, after) for table in _TABLES):
        found.add("deletes")
    if any(_updated(table, before, after) for table in _TABLES):
        found.add("updates")
    return found


def _updated(table: str, before: Side, after: Side) -> bool:
    want = after.rows(table)
    return any(i in want and bool(_changes(table, want[i], row)) for i, row in before.rows(table).items())


def _changes(table: str, new: Values, old: Values) -> list[tuple[str, Any]]:
    """What has to be written: a value counts as it is spelled, since that is what a revert has to give back."""
    pairs = zip(_judged(table), new, old, strict=False)
    return [(column, value) for column, value, before in pairs if not same(value, before)]


def _said(table: str, row: Values) -> str:
    return f"flow {row[1]}" if table == "flows" else f"operation {row[2]} ({row[0]})"
