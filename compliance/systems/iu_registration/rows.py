"""Renders the change of rows of directus_collections and directus_fields as SQL that can be undone.

By SQL, since no request can take them back: Directus answers 500 to DELETE /fields of a view, and DELETE /collections
would drop a table. `directus_fields` has no unique constraint, so nothing but the checks here keeps a row from standing
twice, and the ids of new ones come from its sequence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import canonical
from compliance.core.change import Step
from compliance.core.errors import Refused
from compliance.core.flowdiff import same
from compliance.core.footprint import FactKey
from compliance.core.sqltext import do_block, literal, name, raising, relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from compliance.core.change import Hazard
    from compliance.core.facts import Column
    from compliance.core.needs import RowsNeed
    from compliance.systems.iu_registration.found import Row

_SHAPE = ("relations", "columns", "constraints", "indexes", "triggers")
_SECRET = "<secret "  # noqa: S105  what stands in an observation where one was


class Change(NamedTuple):
    """`insert`: rows of what is judged. `update`: a row as it is, and as it has to be. `delete`: rows as they are.

    `want`: all that has to be there then, so that verify proves the whole. `alone`: names of collections of which
    nothing else may be left.
    """

    insert: Sequence[Row] = ()
    update: Sequence[tuple[Row, Row]] = ()
    delete: Sequence[Row] = ()
    want: Sequence[Row] = ()
    alone: Sequence[str] = ()

    @property
    def nothing(self) -> bool:
        return not (self.insert or self.update or self.delete)


class Table(NamedTuple):
    """One of both tables. `key`: what tells rows apart to a person; `id`: the column that names one."""

    qualified: str
    section: str
    id: str
    key: tuple[str, ...]
    types: Mapping[str, str]
    known: frozenset[str]

    @classmethod
    def of(cls, need: RowsNeed, key: tuple[str, ...], columns: Iterable[Column]) -> Table:
        """As the catalog shows it; `need` says which columns were read."""
        schema, _, table = need.relation.partition(".")
        types = {c.name: c.type.partition("(")[0] for c in columns if (c.schema, c.relation) == (schema, table)}
        known = frozenset(need.all_columns) & types.keys()
        return cls(need.relation, need.section, need.columns[0], key, types, known)

    def seed(self, title: str, want: Sequence[Row], missing: Sequence[Row], reads: Iterable[FactKey]) -> Step:
        """Insert what is not there; over a row that says something else it aborts."""
        revert = (
            self._script(self._held(Change(insert=missing)), self._gone(missing))
            if missing
            else "-- Nothing was inserted, so there is nothing to remove."
        )
        return self._step(
            title, self._inserted(want), self._verified(Change(want=want)), revert, {"inserts"}, want, reads
        )

    def change(self, title: str, change: Change, reads: Iterable[FactKey]) -> Step:
        """From what was seen to what has to be, behind a guard that it still is what was seen; and back."""
        self._check_restorable(change)
        deploy = self._script(
            self._either(change), self._deleted(change.delete), *self._updates(change.update),
            self._inserted(change.insert),
        )  # fmt: skip
        back = [(want, there) for there, want in change.update]
        revert = self._script(
            self._held(change), self._gone(change.insert), *self._updates(back), self._restored(change.delete)
        )
        hazards: set[Hazard] = {"inserts"} if change.insert else set()
        hazards |= {"updates"} if change.update else set()
        hazards |= {"deletes"} if change.delete else set()
        touched = [*change.insert, *(there for there, _ in change.update), *change.delete]
        return self._step(title, deploy, self._verified(change), revert, hazards, touched, reads)

    def _step(
        self, title: str, deploy: str, verify: str, revert: str, hazards: Iterable[Hazard],
        touched: Iterable[Row], reads: Iterable[FactKey],
    ) -> Step:  # fmt: skip
        # An id that comes from a sequence is known to nobody before, so that a plan which inserts names them all.
        ids = {None if self.id not in row else str(row[self.id]) for row in touched}
        writes = frozenset(FactKey(self.section, row) for row in ([None] if None in ids else ids))
        shape = {FactKey(f"catalog.{kind}", self.qualified) for kind in _SHAPE}
        told = frozenset({*hazards, "reloads-runtime"})
        return Step(title, deploy, verify, revert, told, frozenset({*writes, *shape, *reads}), writes)

    def _check_restorable(self, change: Change) -> None:
        """What is taken away has to be known whole; a secret is in no observation."""
        more = sorted(self.types.keys() - self.known) if change.delete else []
        text = canonical.dumps([*change.delete, *(there for there, _ in change.update)]).decode()
        reasons = [f"{self.qualified}.{column} is a column that this program does not know" for column in more]
        reasons += [f"{self.qualified} holds a secret as text"] if _SECRET in text else []
        if reasons:
            raise Refused(
                "rows could not be given back as they were", reasons=reasons,
                remedy="remove them in Directus, then compile again",
            )  # fmt: skip

    # --- checks --------------------------------------------------------------------------------------------------

    def _either(self, change: Change) -> str:
        """Each row as it was or as it will be, so that what was done is done again without harm."""
        checks = [
            *(self._no_other(change.insert, self.key)),
            *(self._no_other(change.delete, (self.id,))),
            *(
                f"not ({self._is(there, want)} or {self._is(want, want)})"
                for there, want in self._named(change)
            ),
        ]
        return self._block("preflight", "was changed since it was seen", checks)

    def _verified(self, change: Change) -> str:
        checks = [*self._all_there(change.want), *self._none_of(change.delete)]
        if change.alone:
            listed = ", ".join(map(literal, change.alone))
            checks.append(
                f"(select count(*) from {self._table} as c where c.collection in ({listed})) <> {len(change.want)}"
            )
        return self._block("verify", "is not as it has to be", checks)

    def _held(self, change: Change) -> str:
        """What somebody changed since is theirs."""
        checks = [
            *self._all_there(change.insert),
            *self._none_of(change.delete),
            *(f"not {self._is(want, want)}" for _, want in self._named(change)),
        ]
        return self._block("REFUSED", "was changed since", checks)

    def _block(self, tag: str, message: str, checks: Iterable[str]) -> str:
        raised = [raising(check, f"{tag}: {self.qualified} {message}") for check in checks]
        return do_block(tag.lower(), "begin\n" + "\n".join(raised) + "\nend") if raised else ""

    def _all_there(self, rows: Sequence[Row]) -> Iterator[str]:
        """Each of them once, and as it has to be in every column."""
        if rows:
            columns = self._columns(rows)
            yield (
                f"(select count(*) from {self._values(rows, columns)}\n"
                f"        inner join {self._table} as c on {self._equal(columns)}) <> {len(rows)}"
            )
            yield f"(select count(*) from {self._table} as c where {self._among(rows)}) <> {len(rows)}"

    def _no_other(self, rows: Sequence[Row], key: Sequence[str]) -> Iterator[str]:
        """Where one of them is, it is as it is here."""
        if rows:
            columns = self._columns(rows)
            yield (
                f"exists (select 1 from {self._values(rows, columns)}\n"
                f"        inner join {self._table} as c on {self._equal(key)} where not ({self._equal(columns)}))"
            )

    def _none_of(self, rows: Sequence[Row]) -> Iterator[str]:
        if rows:
            yield f"exists (select 1 from {self._table} as c where {self._in(rows)})"

    def _named(self, change: Change) -> Iterator[tuple[Row, Row]]:
        """Both sides with the name of the row, and with the columns that are judged."""
        for there, want in change.update:
            known = {c: value for c, value in want.items() if c in self.types}  # of a version that lacks one
            yield {c: there[c] for c in (self.id, *known)}, {self.id: there[self.id], **known}

    def _is(self, row: Row, columns: Iterable[str]) -> str:
        same_ = " and ".join(self._equals(column, row[column]) for column in columns)
        return f"exists (select 1 from {self._table} as c where {same_})"

    def _equals(self, column: str, value: Any) -> str:
        if value is None:
            return f"c.{name(column)} is null"
        cast = "::jsonb" if self._json(column) else ""
        return f"c.{name(column)}{cast} = {self._value(column, value)}{cast}"

    def _equal(self, columns: Iterable[str]) -> str:
        return " and ".join(
            f"c.{name(column)}{cast} is not distinct from w.{name(column)}{cast}"
            for column, cast in ((c, "::jsonb" if self._json(c) else "") for c in columns)
        )

    # --- writes --------------------------------------------------------------------------------------------------

    def _inserted(self, rows: Sequence[Row]) -> str:
        if not rows:
            return ""
        columns = self._columns(rows)
        return (
            f"insert into {self._table} ({', '.join(map(name, columns))})\n"
            f"select {', '.join(f'w.{name(c)}' for c in columns)} from {self._values(rows, columns)}\n"
            f"where not exists (select 1 from {self._table} as c where {self._equal(self.key)});"
        )

    def _restored(self, rows: Sequence[Row]) -> str:
        """Whole, under the id that it had."""
        if not rows:
            return ""
        columns = self._columns(rows)
        return (
            f"insert into {self._table} ({', '.join(map(name, columns))})\n"
            f"select {', '.join(f'w.{name(c)}' for c in columns)} from {self._values(rows, columns)};"
        )

    def _updates(self, pairs: Iterable[tuple[Row, Row]]) -> Iterator[str]:
        for there, want in pairs:
            changed = [c for c in want if self._changes(c, want, there)]
            named = there.get(self.id, want.get(self.id))
            wanted = ", ".join(f"{name(c)} = {self._value(c, want[c])}" for c in changed)
            yield f"update {self._table} as c set {wanted}\nwhere {self._equals(self.id, named)};"

    def _changes(self, column: str, want: Row, there: Row) -> bool:
        known = column in there and column in self.types and column != self.id
        return known and not same(want[column], there[column])

    def _deleted(self, rows: Sequence[Row]) -> str:
        return f"delete from {self._table} as c where {self._in(rows)};" if rows else ""

    def _gone(self, rows: Sequence[Row]) -> str:
        """What was inserted, by what tells it apart: each was just seen to be there once, as it was written."""
        if not rows:
            return ""
        return f"delete from {self._table} as c where {self._among(rows)};"

    def _among(self, rows: Sequence[Row]) -> str:
        """By what tells rows of one collection apart."""
        of = f"c.collection = {literal(rows[0]['collection'])}"
        parts = (f"c.{name(c)} in ({', '.join(literal(row[c]) for row in rows)})" for c in self.key[1:])
        return " and ".join([of, *parts])

    def _in(self, rows: Sequence[Row]) -> str:
        return f"c.{name(self.id)} in ({', '.join(literal(row[self.id]) for row in rows)})"

    def _script(self, *parts: str) -> str:
        return "\n\n".join(filter(None, parts))

    def _values(self, rows: Sequence[Row], columns: Sequence[str]) -> str:
        """As a relation `w`. The first row says of which type each column is."""
        first = ", ".join(f"{self._value(c, rows[0][c])}::{self.types[c]}" for c in columns)
        others = [", ".join(self._value(c, row[c]) for c in columns) for row in rows[1:]]
        listed = ",\n".join(f"        ({values})" for values in (first, *others))
        return f"(values\n{listed}) as w ({', '.join(map(name, columns))})"

    def _columns(self, rows: Sequence[Row]) -> tuple[str, ...]:
        """Of a row that was read only what is there."""
        return tuple(column for column in rows[0] if column in self.types)

    def _value(self, column: str, value: Any) -> str:
        if value is None:
            return "null"
        return literal(canonical.dumps(value).decode() if self._json(column) else value)

    def _json(self, column: str) -> bool:
        return self.types[column] in ("json", "jsonb")

    @property
    def _table(self) -> str:
        return relation(self.qualified)
