"""Renders the change of one row of a governed table as SQL that can be undone: insert or set, and back.

A key of the configuration and the row of the tool are such rows (document 001, section 3). What a revert takes away is
what was inserted, as long as it is as it was inserted; what it sets back is what was there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import canonical
from compliance.core.change import Step
from compliance.core.footprint import FactKey
from compliance.core.needs import split_name
from compliance.core.sqltext import do_block, literal, name, raising, relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from compliance.core.change import Hazard
    from compliance.core.facts import Column

    Row = Mapping[str, Any]

_SHAPE = ("relations", "columns", "constraints", "indexes", "triggers")
# How a switch is spelled, whichever type its column is of.
BOOLEANS = ("true", "false")
_NOTHING = "-- Nothing was inserted, so there is nothing to remove."


class Table(NamedTuple):
    """A table of which single rows are written. `key`: the column that names a row; `json`: those of JSON.

    `switch`: a column that operators turn on and off, which is their right at any time (document 001, 2.F).
    """

    relation: str
    section: str
    key: str
    json: frozenset[str]
    columns: frozenset[str]
    switch: str = ""

    @classmethod
    def of(cls, qualified: str, section: str, key: str, columns: Iterable[Column]) -> Table:
        """As the catalog shows it."""
        table = split_name(qualified)
        mine = [c for c in columns if (c.schema, c.relation) == table]
        json = frozenset(c.name for c in mine if c.type in ("json", "jsonb"))
        return cls(qualified, section, key, json, frozenset(c.name for c in mine))

    def insert(self, title: str, row: Row, before: Row | None) -> Step:
        """The seed: insert what is not there; over a row that is there and says something else it aborts."""
        subject = str(row[self.key])
        revert = self._back(row) if before is None else _NOTHING
        return self._step(
            title, subject, self._inserted(row), self._holds("verify", row, row), revert, "inserts"
        )

    def change(self, title: str, row: Row, before: Row | None) -> Step:
        """From what is there to `row`, behind a guard that it still is what was seen; `before` None: it is missing."""
        subject = str(row[self.key])
        if before is None:
            guard = self._either(subject, f"not {self._there(subject)}", self._is(row))
            return self._step(
                title, subject, f"{guard}\n\n{self._inserted(row)}", self._holds("verify", row, row),
                self._back(row), "inserts",
            )  # fmt: skip
        judged = {column: before[column] for column in row if column in before}
        changes = {c: row[c] for c, value in judged.items() if not same(row[c], value, json=c in self.json)}
        back = {column: judged[column] for column in changes}
        named = {self.key: row[self.key]}
        guard = self._either(subject, self._is({**named, **back}), self._is({**named, **changes}))
        return self._step(
            title, subject, f"{guard}\n\n{self._set(subject, changes)}", self._holds("verify", row, judged),
            f"{self._kept(row, changes)}\n\n{self._set(subject, back)}", "updates",
        )  # fmt: skip

    def _step(self, title: str, subject: str, deploy: str, verify: str, revert: str, hazard: Hazard) -> Step:
        writes = frozenset({FactKey(self.section, subject)})
        table = ".".join(split_name(self.relation))
        shape = frozenset(FactKey(f"catalog.{kind}", table) for kind in _SHAPE)
        return Step(title, deploy, verify, revert, frozenset({hazard}), writes | shape, writes, guarded=writes)

    def _inserted(self, row: Row) -> str:
        """Without `on conflict`: whether the column that names a row is unique is the estate's affair."""
        there = self._there(str(row[self.key]))
        return (
            f"insert into {relation(self.relation)} ({', '.join(map(name, row))})\n"
            f"select {', '.join(self._value(c, v) for c, v in row.items())}\nwhere not {there};"
        )

    def _back(self, row: Row) -> str:
        """What somebody changed since of what was written is theirs. The rest of the row goes with it."""
        gone = f"delete from {relation(self.relation)} as c where {self._named(str(row[self.key]))};"
        return f"{self._kept(row, row)}\n\n{gone}"

    def _set(self, subject: str, values: Row) -> str:
        wanted = ", ".join(f"{name(c)} = {self._value(c, v)}" for c, v in values.items())
        return f"update {relation(self.relation)} as c set {wanted}\nwhere {self._named(subject)};"

    def _either(self, subject: str, *states: str) -> str:
        """As it was or as it will be, so that what was done is done again without harm."""
        wanted = " or ".join(dict.fromkeys(states))
        message = f"preflight: {self.relation} {subject} was changed since it was seen"
        return do_block("preflight", "begin\n" + raising(f"not ({wanted})", message) + "\nend")

    def _kept(self, row: Row, columns: Iterable[str]) -> str:
        """As it was written, but for a switch, which may stand either way by now."""
        subject = str(row[self.key])
        judged = {column: row[column] for column in (self.key, *columns)}
        message = f"REFUSED: {self.relation} {subject} was changed since"
        wanted = self._is(judged, turned=True)
        return do_block("refused", "begin\n" + raising(f"not {wanted}", message) + "\nend")

    def _holds(self, tag: str, row: Row, columns: Iterable[str]) -> str:
        """There once, and as it has to be in these columns."""
        subject = str(row[self.key])
        judged = {column: row[column] for column in (self.key, *columns)}
        once = f"(select count(*) from {relation(self.relation)} as c where {self._named(subject)}) <> 1"
        checks = [
            raising(once, f"{tag}: {self.relation} {subject} is not there once"),
            raising(f"not {self._is(judged)}", f"{tag}: {self.relation} {subject} is not as it has to be"),
        ]
        return do_block(tag.lower(), "begin\n" + "\n".join(checks) + "\nend")

    def _there(self, subject: str) -> str:
        return f"exists (select 1 from {relation(self.relation)} as c where {self._named(subject)})"

    def _named(self, subject: str) -> str:
        return f"c.{name(self.key)} = {literal(subject)}"

    def _is(self, row: Row, *, turned: bool = False) -> str:
        same = " and ".join(
            self._either_way(column) if turned and column == self.switch else self._equal(column, value)
            for column, value in row.items()
        )
        return f"exists (select 1 from {relation(self.relation)} as c where {same})"

    def _equal(self, column: str, value: Any) -> str:
        if value is None:
            return f"c.{name(column)} is null"
        if column in self.json:
            return f"c.{name(column)}::jsonb = {self._value(column, value)}::jsonb"
        return f"c.{name(column)} = {self._value(column, value)}"

    def _either_way(self, column: str) -> str:
        return f"c.{name(column)}::text in ({', '.join(map(literal, BOOLEANS))})"

    def _value(self, column: str, value: Any) -> str:
        """A bare constant: PostgreSQL takes it for the type of the column, whichever that is."""
        if value is None:
            return "null"
        return literal(canonical.dumps(value).decode() if column in self.json else spelled(value))


def same(want: Any, found: Any, *, json: bool = False) -> bool:
    """By what PostgreSQL prints: a policy has no types but those of YAML. `json`: in a column of JSON, where a text is
    not what it spells."""
    return (want is None) == (found is None) and spelled(want, json=json) == spelled(found, json=json)


def spelled(value: Any, *, json: bool = False) -> str:
    """A value as PostgreSQL reads it, and prints it."""
    if isinstance(value, str) and not json:
        return value
    return canonical.dumps(value).decode()
