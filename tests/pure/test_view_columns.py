"""Which columns of a view are never NULL, construct by construct, in the words that PostgreSQL writes."""

from __future__ import annotations

import pytest

from compliance.core import viewtext
from compliance.core.facts import Column, Relation
from compliance.core.viewcolumns import ViewColumns

# A column of each table that is NOT NULL, and one that is not.
TABLES = {"a": ("id", "n"), "b": ("id", "n"), 'odd "name"': ("id", "n")}


def relation(name: str, kind: str = "table", definition: str | None = None, **more: object) -> Relation:
    given = {"owner": "o", "row_security": False, "parents": ()} | more
    return Relation(**{"schema": "s", "name": name, "kind": kind, "definition": definition, **given})  # type: ignore[arg-type]


def column(of: str, name: str, position: int, *, nullable: bool = True) -> Column:
    return Column("s", of, name, position, "integer", nullable, None, "", "")


def catalog(
    definition: str, outputs: int = 1, *more: tuple[Relation, list[Column]], path: tuple[str, ...] = ("s",)
) -> ViewColumns:
    """The tables, and the view `v` with columns c1, c2, …"""
    relations = [relation(name) for name in TABLES]
    columns = [
        column(table, name, place, nullable=name != "id")
        for table, names in TABLES.items()
        for place, name in enumerate(names, 1)
    ]
    for each, its in more:
        relations.append(each)
        columns += its
    view = relation("v", "view", definition)
    mine = [column("v", f"c{place}", place) for place in range(1, outputs + 1)]
    return ViewColumns([*relations, view], [*columns, *mine], path)


def required(definition: str, outputs: int = 1) -> set[str]:
    return set(catalog(definition, outputs).required("s", "v"))


@pytest.mark.parametrize(
    "definition",
    [
        " SELECT id\n   FROM a;",
        " SELECT a.id AS c1\n   FROM s.a;",
        " SELECT x.id\n   FROM a x\n  WHERE (x.n IS NULL);",
        " SELECT DISTINCT x.id\n   FROM a x;",
        " SELECT DISTINCT ON (x.n) x.id\n   FROM a x\n  ORDER BY x.n;",
        ' SELECT "x y"."one"\n   FROM a "x y"("one", two);',
        ' SELECT "odd ""name""".id\n   FROM "odd ""name""";',
        " SELECT a.id\n   FROM (a\n     JOIN b ON ((a.id = b.id)));",
        " SELECT b.id\n   FROM a,\n    b;",
        " SELECT a.id\n   FROM (a\n     LEFT JOIN b ON ((a.id = b.id)));",
        " SELECT b.id\n   FROM (a\n     RIGHT JOIN b ON ((a.id = b.id)));",
        " SELECT b.id\n   FROM (a\n     CROSS JOIN b);",
        " SELECT a.id\n   FROM ((a\n     LEFT JOIN b ON (true))\n     CROSS JOIN LATERAL ( SELECT f(a.id) AS y) l);",
        " SELECT q.z\n   FROM ( SELECT a.id AS z,\n            a.n\n           FROM a) q;",
        " SELECT q.one\n   FROM ( SELECT a.id,\n            a.n\n           FROM a) q(one, two);",
        " WITH w AS (\n         SELECT a.id\n           FROM a\n        )\n SELECT id\n   FROM w;",
        " WITH w(k) AS MATERIALIZED (\n         SELECT a.id\n           FROM a\n        )\n SELECT w.k\n   FROM w;",
        " WITH w AS (\n SELECT id FROM a), z AS (\n SELECT w.id FROM w)\n SELECT id\n   FROM z;",
        " SELECT a.id\n   FROM a\n  GROUP BY a.id;",
        " SELECT a.id\n   FROM a\n  WHERE (a.n IS DISTINCT FROM 'it''s; FROM b')\n LIMIT 3;",
        " SELECT id\n   FROM ONLY a;",
        " SELECT a.id\n   FROM a TABLESAMPLE system ((50)::double precision);",
        " SELECT a.id\n   FROM ( SELECT b.n\n           FROM b\n        UNION\n         SELECT 1) u,\n    a;",
        " SELECT a.id\n   FROM (a\n     JOIN unnest(ARRAY[1, 2]) WITH ORDINALITY t(x, y) ON ((a.id = t.x)));",
    ],
)
def test_a_column_that_is_passed_on_as_it_is_stays_required(definition: str) -> None:
    assert required(definition) == {"c1"}


@pytest.mark.parametrize(
    "definition",
    [
        " SELECT n\n   FROM a;",
        " SELECT b.id\n   FROM (a\n     LEFT JOIN b ON ((a.id = b.id)));",
        " SELECT a.id\n   FROM (a\n     RIGHT JOIN b ON ((a.id = b.id)));",
        " SELECT a.id\n   FROM (a\n     FULL JOIN b ON ((a.id = b.id)));",
        " SELECT b.id\n   FROM (a\n     FULL JOIN b ON ((a.id = b.id)));",
        " SELECT id\n   FROM (a\n     FULL JOIN b USING (id));",
        " SELECT b.id\n   FROM (a\n     LEFT JOIN (b\n     JOIN b x ON ((x.id = b.id))) ON ((a.id = b.id)));",
        " SELECT q.id\n   FROM (a\n     LEFT JOIN LATERAL ( SELECT b.id\n           FROM b) q ON (true));",
        " SELECT q.id\n   FROM ( SELECT b.id\n           FROM (a\n             LEFT JOIN b ON (true))) q;",
        " SELECT (a.id + 1) AS c1\n   FROM a;",
        " SELECT (a.id)::text AS c1\n   FROM a;",
        " SELECT COALESCE(a.id, 1) AS c1\n   FROM a;",
        " SELECT CASE\n            WHEN (a.id = 1) THEN a.id\n            ELSE 7\n        END AS c1\n   FROM a;",
        " SELECT count(*) AS c1\n   FROM a;",
        " SELECT max(a.id) AS c1\n   FROM a;",
        " SELECT true AS c1\n   FROM a;",
        " SELECT 1 AS c1;",
        " SELECT a.id\n   FROM a\n  GROUP BY ROLLUP(a.id);",
        " SELECT a.id\n   FROM a\n  GROUP BY CUBE(a.id);",
        " SELECT a.id\n   FROM a\n  GROUP BY GROUPING SETS ((a.id), ());",
        " SELECT a.id\n   FROM a\nUNION\n SELECT b.n\n   FROM b;",
        " SELECT a.id\n   FROM a\nUNION ALL\n SELECT b.id\n   FROM b;",
        "( SELECT a.id\n   FROM a) EXCEPT\n SELECT b.id\n   FROM b;",
        " VALUES (1), (2);",
        " SELECT t.x\n   FROM unnest(ARRAY[1, NULL::integer]) t(x);",
        " SELECT a.id\n   FROM (a\n     JOIN b ON ((a.id = b.id))) a;",
        " SELECT j.id\n   FROM (a\n     JOIN b USING (id) AS j);",
        " SELECT ( SELECT b.id\n           FROM b) AS c1\n   FROM a;",
        " SELECT a.*::a AS c1\n   FROM a;",
        " SELECT a.*\n   FROM a;",
        " WITH RECURSIVE w AS (\n SELECT a.id FROM a UNION ALL SELECT w.id FROM w)\n SELECT w.id\n   FROM w;",
        " WITH a AS (\n SELECT b.n AS id FROM b)\n SELECT id\n   FROM a;",
        " SELECT x.id\n   FROM LATERAL f() x(id);",
        " SELECT x.id\n   FROM elsewhere.a x;",
        " SELECT x.id, x.id\n   FROM a x;",
        " SELECT id FROM a MERGE b;",
        " SELECT (id FROM a;",
        "nonsense",
        "",
    ],
)
def test_nothing_is_claimed_where_it_is_not_proved(definition: str) -> None:
    assert required(definition) == set()


def test_names_stand_in_the_order_of_the_view_whatever_the_definition_calls_them() -> None:
    assert required(" SELECT n AS c2,\n    id AS c1\n   FROM a;", 2) == {"c2"}


def test_a_view_of_a_view_is_followed_and_one_of_itself_ends() -> None:
    inner = relation("w", "view", " SELECT id,\n    n\n   FROM a;"), [column("w", "p", 1), column("w", "q", 2)]
    found = catalog(" SELECT w.p,\n    w.q\n   FROM w;", 2, inner)
    assert found.required("s", "v") == {"c1"}
    itself = relation("w", "view", " SELECT w.p\n   FROM w;"), [column("w", "p", 1)]
    assert catalog(" SELECT p\n   FROM w;", 1, itself).required("s", "v") == set()


@pytest.mark.parametrize("kind", ["foreign table", "materialized view"])
def test_a_promise_that_postgresql_does_not_keep_is_none(kind: str) -> None:
    other = relation("x", kind, " SELECT id FROM a;"), [column("x", "id", 1, nullable=False)]
    assert catalog(" SELECT id\n   FROM x;", 1, other).required("s", "v") == set()


def test_a_table_promises_nothing_that_one_which_inherits_from_it_has_given_up() -> None:
    parent = relation("p"), [column("p", "id", 1, nullable=False)]
    keeps = relation("k", parents=("s.p",)), [column("k", "id", 1, nullable=False)]
    gives_up = relation("g", parents=("s.k",)), [column("g", "id", 1)]
    definition = " SELECT id\n   FROM p;"
    assert catalog(definition, 1, parent, keeps).required("s", "v") == {"c1"}
    assert catalog(definition, 1, parent, keeps, gives_up).required("s", "v") == set()


def test_a_name_without_schema_is_looked_for_in_the_path_alone() -> None:
    definition = " SELECT id\n   FROM a;"
    assert catalog(definition, path=()).required("s", "v") == set()
    assert catalog(definition, path=("other", "s")).required("s", "v") == {"c1"}


def test_a_definition_that_sqlglot_cannot_read_is_read() -> None:
    definition = (
        " SELECT a.id,\n    ARRAY( SELECT x.n\n           FROM (unnest(ARRAY[1]) WITH ORDINALITY t(id, n)\n"
        "             JOIN b x ON ((x.id = t.id)))\n          ORDER BY t.n) AS c2\n   FROM a;"
    )
    assert required(definition, 2) == {"c1"}


def test_the_text_of_a_string_is_never_a_keyword() -> None:
    query = viewtext.read(" SELECT a.id,\n    E'\\' FROM b UNION' AS x,\n    'FROM \" (' AS y\n   FROM a;")
    assert query is not None
    assert [output.name for output in query.outputs] == ["id", "x", "y"]
    assert [source.name for source in query.sources] == ["a"]
