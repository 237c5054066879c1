"""What is said to be never NULL never is: random views over random rows, as a real PostgreSQL writes and runs them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from psycopg import sql

from compliance.core import facts
from compliance.core.sqltext import name
from compliance.core.viewcolumns import ViewColumns
from compliance.estate.resources import resource

if TYPE_CHECKING:
    import psycopg

NAMES = ("id", "n", "B c", "select", 'd"q', "ü", "x.y", "FROM")
JOINS = ("join", "join", "left join", "left join", "right join", "full join", "cross join")
SETS = ("union", "union all", "except")
VIEWS = 40


class Maker:
    """Random tables and views. Every alias is another one; of columns it knows the names."""

    def __init__(self, seed: int) -> None:
        self.random, self.count = random.Random(seed), 0
        self.relations: list[tuple[str, list[str]]] = []

    def fresh(self) -> str:
        self.count += 1
        return self.random.choice(("r", "R w", 'q"')) + str(self.count)

    def table(self) -> str:
        """Its columns, and up to four rows; where a column may be NULL it often is."""
        table = self.fresh()
        columns = self.random.sample(NAMES, self.random.randint(2, 4))
        never = [self.random.random() < 0.6 for _ in columns]
        listed = ", ".join(
            f"{name(c)} integer{' not null' if n else ''}" for c, n in zip(columns, never, strict=True)
        )
        rows = [self.row(never) for _ in range(self.random.randint(0, 4))]
        self.relations.append((table, columns))
        made = f"create table {name(table)} ({listed});"
        return made + (f" insert into {name(table)} values {', '.join(rows)};" if rows else "")

    def row(self, never: list[bool]) -> str:
        values = [str(self.random.randint(0, 2)) if n or self.random.random() < 0.4 else "null" for n in never]
        return f"({', '.join(values)})"

    def view(self) -> str:
        query, columns = self.query(self.random.randint(0, 2))
        view = self.fresh()
        self.relations.append((view, columns))
        return f"create view {name(view)} as {query}"

    def query(self, depth: int) -> tuple[str, list[str]]:
        """One that gives columns of these names."""
        kind = self.random.random()
        if depth and kind < 0.1:
            left, columns = self.query(0)
            return f"({left}) {self.random.choice(SETS)} {self.same(columns)}", columns
        if depth and kind < 0.25:
            inner, columns = self.query(depth - 1)
            shared = self.fresh()
            self.relations.append((shared, columns))
            outer, given = self.query(depth - 1)
            self.relations.remove((shared, columns))
            return f"with {name(shared)} as ({inner}) select * from ({outer}) as {name(self.fresh())}", given
        return self.select(depth)

    def same(self, columns: list[str]) -> str:
        return "select " + ", ".join(self.random.choice(("null::integer", "1")) for _ in columns)

    def select(self, depth: int) -> tuple[str, list[str]]:
        source, known = self.joined(depth)
        wanted = self.random.sample(known, min(len(known), self.random.randint(1, 4)))
        given = self.random.sample(NAMES, len(wanted))
        plain = [f"{name(alias)}.{name(column)}" for alias, column in wanted]
        if self.random.random() < 0.15:
            return self.grouped(source, plain, given)
        parts = [self.expression(each) if self.random.random() < 0.15 else each for each in plain]
        listed = ", ".join(f"{part} as {name(each)}" for part, each in zip(parts, given, strict=True))
        once = self.random.choice(("", "", "distinct "))
        ending = self.random.choice(("", "", f" where {plain[0]} is null", " limit 3"))
        return f"select {once}{listed} from {source}{ending}", given

    def grouped(self, source: str, plain: list[str], given: list[str]) -> tuple[str, list[str]]:
        how = self.random.choice(("{}", "rollup ({})", "cube ({})", "grouping sets (({}), ())"))
        listed = ", ".join(f"{part} as {name(each)}" for part, each in zip(plain, given, strict=True))
        return f"select {listed} from {source} group by {how.format(', '.join(plain))}", given

    def expression(self, column: str) -> str:
        made = (
            "{} + 1",
            "nullif({}, 1)",
            "case when {0} = 1 then {0} end",
            "coalesce({}, 0)",
            "(array[{}])[2]",
        )
        return self.random.choice((*made, "(select {0} where {0} = 2)")).format(column)

    def joined(self, depth: int) -> tuple[str, list[tuple[str, str]]]:
        """Sources, and the columns that they have: by alias and name."""
        text, known = self.source(depth)
        for _ in range(self.random.randint(0, 2)):
            other, its = self.joined(0) if self.random.random() < 0.25 else self.source(depth)
            kind = self.random.choice(JOINS)
            left, right = self.random.choice(known), self.random.choice(its)
            on = " = ".join(f"{name(alias)}.{name(column)}" for alias, column in (left, right))
            text = f"({text} {kind} {other}" + (")" if kind == "cross join" else f" on {on})")
            known = [*known, *its]
        if self.random.random() < 0.15 and " full join " not in text:
            alias, (of, column) = self.fresh(), self.random.choice(known)
            text = f"({text} cross join lateral (select {name(of)}.{name(column)} as l) {name(alias)})"
            known = [*known, (alias, "l")]
        return text, known

    def source(self, depth: int) -> tuple[str, list[tuple[str, str]]]:
        alias = self.fresh()
        if depth and self.random.random() < 0.3:
            query, columns = self.query(depth - 1)
            return f"({query}) {name(alias)}", [(alias, column) for column in columns]
        relation, columns = self.random.choice(self.relations)
        if self.random.random() < 0.2:
            columns = [f"c{place}" for place, _ in enumerate(columns)]
            return f"{name(relation)} {name(alias)}({', '.join(columns)})", [(alias, c) for c in columns]
        return f"{name(relation)} {name(alias)}", [(alias, column) for column in columns]


def described(connection: psycopg.Connection) -> ViewColumns:
    def read(section: str) -> list[tuple[object, ...]]:
        return connection.execute(resource(f"sql/catalog/{section}.sql").read_bytes()).fetchall()

    relations = [facts.Relation(*row) for row in read("relations")]
    return ViewColumns(relations, [facts.Column(*row) for row in read("columns")], ("public",))


def judged(connection: psycopg.Connection, seed: int) -> tuple[int, int]:
    """How many columns are required, of how many; in a transaction that leaves nothing."""
    maker = Maker(seed)
    for _ in range(4):
        connection.execute(maker.table().encode())
    views = [maker.view() for _ in range(VIEWS)]
    for view in views:
        connection.execute(view.encode())
    found, claimed, columns = described(connection), 0, 0
    for relation, names in maker.relations:
        required = found.required("public", relation)
        claimed, columns = claimed + len(required), columns + len(names)
        for column in required:
            wrong = sql.SQL("select count(*) from {} where {} is null").format(
                sql.Identifier(relation), sql.Identifier(column)
            )
            ((count,),) = connection.execute(wrong).fetchall()
            assert count == 0, (seed, relation, column)
    connection.rollback()
    return claimed, columns


def claims(connection: psycopg.Connection, seeds: range) -> None:
    """And something is claimed, or nothing would be proved."""
    totals = [judged(connection, seed) for seed in seeds]
    claimed, columns = (sum(each) for each in zip(*totals, strict=True))
    assert claimed > 0.1 * columns, (claimed, columns)


def test_what_is_required_is_never_null(empty_db: psycopg.Connection) -> None:
    claims(empty_db, range(8))


@pytest.mark.prove
def test_what_is_required_is_never_null_in_thousands_of_views(empty_db: psycopg.Connection) -> None:
    claims(empty_db, range(100, 300))


def test_a_not_null_that_is_not_valid_yet_proves_nothing(empty_db: psycopg.Connection) -> None:
    if empty_db.info.server_version < 180000:
        pytest.skip("before version 18 there is none")
    empty_db.execute("create table t (a integer, b integer not null)")
    empty_db.execute("insert into t values (null, 1)")
    empty_db.execute("alter table t add constraint later not null a not valid")
    empty_db.execute("create view v as select a, b from t")
    assert described(empty_db).required("public", "v") == {"b"}
