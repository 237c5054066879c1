"""A clone of the reference estate whose flows are damaged, looked at and set right again by a real psql."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from psycopg import sql

from compliance.core.change import Undeclared
from compliance.core.flows import FLOW_COLUMNS, OPERATION_COLUMNS
from compliance.estate import config
from compliance.estate.observe import observe
from compliance.systems import Policies, registry_sync
from compliance.systems.protocol import Facts
from compliance.systems.registry_sync.drift import JUDGED_OF_OPERATION, drift
from tests import judging

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import psycopg

    from compliance.core.change import Compiled
    from tests.pure.registry import Rows

TABLES = {"flows": FLOW_COLUMNS, "operations": OPERATION_COLUMNS}
JUDGED = {"flows": FLOW_COLUMNS, "operations": JUDGED_OF_OPERATION}


class Registry:
    """A clone whose flows can be damaged as rows, and what is compiled of what it holds now."""

    def __init__(self, db: psycopg.Connection, dsn: Callable[[str], str], folder: Path) -> None:
        self.db, self.dsn, self.folder = db, dsn, folder
        db.autocommit = True
        self.prune = False
        self.others = {row[0] for row in self._read("flows") if row[3] == "schedule"}
        self.pristine = self.rows()

    def do(self, *statements: str) -> None:
        for statement in statements:
            self.db.execute(statement.encode())

    def rows(self) -> tuple[Rows, Rows]:
        """Both tables, as the observation has them, without the flows that are not the registry's."""
        flows, operations = self._read("flows"), self._read("operations")
        return (
            [r for r in flows if r[0] not in self.others],
            [r for r in operations if r[4] not in self.others],
        )

    def _read(self, table: str) -> Rows:
        found = self.db.execute(f"select * from public.directus_{table}".encode())
        names = [column.name for column in found.description or ()]
        kept = [names.index(column) for column in TABLES[table]]
        rows = [[row[i] for i in kept] for row in found]
        return sorted([[str(v) if type(v).__name__ == "UUID" else v for v in row] for row in rows], key=str)

    def write(self, flows: Rows, operations: Rows) -> None:
        """These rows instead of those that are there."""
        ids = [row[0] for row in self.rows()[0]]
        with self.db.transaction():
            self.db.execute("delete from public.directus_operations where flow::text = any (%s)", [ids])
            self.db.execute("delete from public.directus_flows where id::text = any (%s)", [ids])
            self._insert("flows", flows)
            self._insert("operations", [[*row[:5], None, None, *row[7:]] for row in operations])
            for row in operations:
                self.db.execute(
                    "update public.directus_operations set resolve = %s, reject = %s where id = %s",
                    [row[5], row[6], row[0]],
                )

    def _insert(self, table: str, rows: Rows) -> None:
        columns = sql.SQL(", ").join(map(sql.Identifier, TABLES[table]))
        places = sql.SQL(", ").join([sql.Placeholder()] * len(TABLES[table]))
        query = sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier("public", f"directus_{table}"), columns, places
        )
        at = TABLES[table].index("options")
        for row in rows:
            self.db.execute(query, [json.dumps(v) if i == at else v for i, v in enumerate(row)])

    def content(self) -> list[tuple[Any, ...]]:
        """Every governed column of every row, as PostgreSQL prints it; JSON as what it says."""
        return [
            row
            for table, columns in JUDGED.items()
            for row in self.db.execute(
                "select {} from public.directus_{} order by id".format(
                    ", ".join(
                        f"nullif(\"{c}\"::jsonb, 'null')::text" if c == "options" else f'"{c}"::text'
                        for c in columns
                    ),
                    table,
                ).encode()
            ).fetchall()
        ]

    def look(self) -> Facts:
        estate = replace(config.load(judging.REFERENCE), dsn=self.dsn("compliance_probe"), embedded=False)
        policies = Policies.load(estate)
        policies["registry_sync"] = replace(policies["registry_sync"], prune=self.prune)
        needs = policies["platform"].directus.rows
        seen = observe(estate, replace(policies.needs(), rows=needs, directus=False, agent_data=False))
        return Facts("registry_sync", policies, seen)

    def drift(self) -> list[Any]:
        return drifted(self.look())

    def compiled(self) -> tuple[Compiled, Compiled]:
        seed, migration = registry_sync.compile(self.look())
        return seed, migration

    def run(self, item: Compiled, name: str) -> tuple[int, str]:
        """One rendered file, by psql, as the owner of the estate."""
        folder = judging.write_sql(item, self.folder)
        done = judging.psql(self.dsn("estate_owner"), "-f", str(folder / f"{name}.sql"))
        return done.returncode, done.stdout + done.stderr

    def there_and_back(self) -> Compiled:
        """Deploy, again, verify, revert, deploy: each as it says. Returns what was compiled."""
        before = self.content()
        facts = self.look()
        # A flow that has neither a declared id nor, any more, a declared name: told, and nobody's to remove.
        left = [] if self.prune else [d for d in drifted(facts) if isinstance(d, Undeclared)]
        _, migration = registry_sync.compile(facts)
        for name in ("deploy", "verify"):
            code, said = self.run(migration, name)
            assert code == 0, said
        after = self.content()
        facts = self.look()
        assert drifted(facts) == left
        seed, again = registry_sync.compile(facts)
        assert again.steps == (), again.title
        code, said = self.run(seed, "deploy")
        assert (code, self.content()) == (0, after), said
        code, said = self.run(migration, "revert")
        assert code == 0, said
        assert self.content() == before
        assert self.run(migration, "deploy")[0] == 0
        assert self.content() == after
        return migration


def drifted(facts: Facts) -> list[Any]:
    flows, operations = ([row.values for row in facts.read(f"rows:{name}")] for name in TABLES)
    return drift(facts.policy, flows, operations)


def flow(name: str) -> str:
    return f"(select id from public.directus_flows where name = '[DOT-REG] {name}')"


def operation(name: str, key: str) -> str:
    return f"(select id from public.directus_operations where flow = {flow(name)} and key = '{key}')"


ONE, TWO = "Workflows Create -> AD", "WCR Create -> AD"


def set_to(row: str, **values: str) -> str:
    table = "flows" if "directus_flows where name" in row and "operations" not in row else "operations"
    return f"update public.directus_{table} set {', '.join(f'{k} = {v}' for k, v in values.items())} where id = {row}"


def swapped(table: str, column: str, one: str, two: str) -> tuple[str, ...]:
    """Unique values change places by way of none."""
    query = f"select {column} from public.directus_{table} where id = "
    return (
        f"create temporary table held as select {one} as one, {two} as two,"
        f" ({query}{one}) as a, ({query}{two}) as b",
        f"update public.directus_{table} set {column} = null"
        " where id in (select one from held union select two from held)",
        f"update public.directus_{table} set {column} = b from held where id = one",
        f"update public.directus_{table} set {column} = a from held where id = two",
        "drop table held",
    )


WAYS: dict[str, tuple[str, ...]] = {
    "a flow is gone": (f"delete from public.directus_flows where id = {flow(ONE)}",),
    "all flows are gone": ("delete from public.directus_flows where name like '%AD%'",),
    "it is switched off": (set_to(flow(ONE), status="'inactive'"),),
    "it listens to something else": (set_to(flow(ONE), trigger="'manual'", options="'{\"a\": [1, null]}'"),),
    "its options are none": (set_to(flow(ONE), options="null"),),
    "its options are JSON's null": (set_to(flow(ONE), options="'null'"),),
    "its options are a text of JSON": (set_to(flow(ONE), options="'\"{}\"'"),),
    "it begins nowhere": (set_to(flow(ONE), operation="null"),),
    "it begins with what is not there": (set_to(flow(ONE), operation="gen_random_uuid()"),),
    "it begins in its middle": (set_to(flow(ONE), operation=operation(ONE, "send")),),
    "two begin with each other's": swapped("flows", "operation", flow(ONE), flow(TWO)),
    "it begins with another's, which begins nowhere": (
        set_to(flow(TWO), operation="null"), set_to(flow(ONE), operation=operation(TWO, "log")),
    ),
    "an operation is gone": (
        set_to(operation(ONE, "send"), reject="null"),
        f"delete from public.directus_operations where id = {operation(ONE, 'failed_send')}",
    ),
    "one sibling link alone is wrong": (set_to(operation(ONE, "read"), resolve="null"),),
    "the other sibling link alone is wrong": (set_to(operation(ONE, "read"), reject="null"),),
    "both links of one have changed places": (
        f"update public.directus_operations set resolve = reject, reject = resolve where id = {operation(ONE, 'read')}",
    ),
    "two have each other's links": swapped("operations", "resolve", operation(ONE, "log"), operation(ONE, "read")),
    "two of two flows have each other's links": swapped(
        "operations", "resolve", operation(ONE, "log"), operation(TWO, "read")),
    "a cycle": (set_to(operation(ONE, "send"), resolve=operation(ONE, "log")),),
    "one leads to itself": (set_to(operation(ONE, "send"), reject=operation(ONE, "send")),),
    "one was moved into another flow": (set_to(operation(ONE, "send"), flow=flow(TWO)),),
    "two were moved into each other's flow": (
        f"update public.directus_operations set flow = case flow when {flow(ONE)} then {flow(TWO)} else {flow(ONE)} end"
        f" where id in ({operation(ONE, 'send')}, {operation(TWO, 'send')})",
    ),
    "one was moved into a flow of somebody else's": (
        "insert into public.directus_flows (id, name, status, trigger) values"
        " ('00000000-0000-4000-8000-000000000001', 'Other', 'inactive', 'manual')",
        set_to(operation(ONE, "failed_read"), flow="'00000000-0000-4000-8000-000000000001'"),
        "update public.directus_operations set reject = null where reject in"
        " (select id from public.directus_operations where flow = '00000000-0000-4000-8000-000000000001')",
    ),
    "one more, between two": (
        set_to(operation(ONE, "log"), resolve="null"),
        "insert into public.directus_operations (id, key, type, position_x, position_y, options, flow, resolve)"
        f" select '00000000-0000-4000-8000-000000000001', 'x', 'exec', 1, 1, '{{}}',"
        f" {flow(ONE)}, {operation(ONE, 'read')}",
        set_to(operation(ONE, "log"), resolve="'00000000-0000-4000-8000-000000000001'"),
    ),
    "another key, type, name and place": (
        set_to(operation(ONE, "read"), key="'lesen'", type="'exec'", name="null", position_x="77"),),
    "a flow has another name, and policy's name is gone": (set_to(flow(ONE), name="'Workflows (old)'"),),
    "two flows have each other's names": (
        f"update public.directus_flows set name = case id when {flow(ONE)} then '[DOT-REG] {TWO}'"
        f" else '[DOT-REG] {ONE}' end where id in ({flow(ONE)}, {flow(TWO)})",
    ),
    "a flow has another name, and somebody set up another of that name": (
        set_to(flow(ONE), name="'Workflows (old)'", status="'inactive'"),
        "insert into public.directus_flows (id, name, status, trigger) values"
        f" ('00000000-0000-4000-8000-000000000001', '[DOT-REG] {ONE}', 'active', 'event')",
        "insert into public.directus_operations (id, name, key, type, position_x, position_y, options, flow) values"
        " ('00000000-0000-4000-8000-000000000002', 'x', 'send', 'exec', 1, 1, '{}',"
        " '00000000-0000-4000-8000-000000000001')",
    ),
    "the helper is gone, and its caller calls nobody": (
        f"delete from public.directus_flows where id = {flow('WCR Update -> AD (one document)')}",),
    "odd texts": (
        set_to(flow(ONE), description=r"E'it''s \\ $verify$ %s -- ünï\n'"),
        set_to(operation(ONE, "log"), options="""'{"message": "$$ ''x'' %"}'""")),
}  # fmt: skip
