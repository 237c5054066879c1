"""10,000 facts of columns, judged with Allure results, against pgTAP asserting the same ones through pg_prove.

Facts: existence, type, nullability and default of 2,500 columns in 500 tables. Ours is what a user does: a folder with
one probe, a rule over `catalog.columns`, a case for each table, and the look at the database is part of the time.
Theirs: four statements over VALUES, run by pg_prove. Both are whole processes on the same server, in turns. Afterwards
one default is altered, and both have to notice.

    python benchmarks/columns.py [--rounds 5]

pgTAP is wanted on PostgreSQL 15: apt-get install postgresql-15-pgtap libtap-parser-sourcehandler-pgtap-perl
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from _measure import LOOKER, columns_of, make_tables, medians, run

from compliance.core.sqltext import literal
from compliance.estate import document
from compliance.estate.embedded import throwaway
from compliance.estate.resources import resource
from compliance.starting import ungated

if TYPE_CHECKING:
    from compliance.estate.embedded import Server

TABLES = 500
BINARIES = Path("/usr/lib/postgresql/15/bin")
PGTAP = Path("/usr/share/postgresql/15/extension/pgtap.control")
PROBE = '''"""BC001: the columns of a table are as declared.

Why: a program that finds another type or default than it was written for fails late, or not at all.
Remedy: alter the table, or declare what it has become.
"""

import json
from pathlib import Path

import pytest
from compliance.core.finding import Finding

DECLARED = json.loads(Path(__file__).with_name("declared.json").read_text())


def judge(facts):
    found = {(c.relation, c.name): (c.type, c.nullable, c.default) for c in facts.read("catalog.columns")}
    for table, column, *declared in DECLARED:
        seen = found.get((table, column))
        if seen is None:
            yield Finding(table, f"has no column {column}", column)
            continue
        for facet, want, has in zip(("type", "nullable", "default"), declared, seen, strict=True):
            if want != has:
                yield Finding(table, f"{facet} of {column} is {has}, declared {want}", f"{column}.{facet}")


@pytest.mark.rule("BC001", family="columns", severity="high", phase="conformance")
@pytest.mark.each("command_catalog.commands")
def test_columns(look):
    """The columns of a table are as declared."""
    look.expect_none(judge)
'''


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    if not (PGTAP.exists() and BINARIES.is_dir() and shutil.which("pg_prove")):
        print("columns: not measured, as pgTAP on PostgreSQL 15 and pg_prove are not here; to have them:")
        print("  apt-get install postgresql-15-pgtap libtap-parser-sourcehandler-pgtap-perl")
        return 0
    with throwaway(BINARIES) as server, tempfile.TemporaryDirectory(prefix="compliance-bench-") as scratch:
        make_tables(server, "bench", TABLES)
        return report(server, Path(scratch), asked.rounds)


def report(server: Server, folder: Path, rounds: int) -> int:
    """Measure and print; 1 where pgTAP is quicker."""
    probes, assertions = prepare_probes(server, folder), prepare_assertions(server, folder)
    ours, theirs = medians(rounds, lambda: run_probes(probes, folder), lambda: run(assertions))
    with psycopg.connect(server.dsn("bench")) as connection:
        connection.execute("alter table t_0123 alter column c_1 set default 'old'")
    run_probes(probes, folder, expected=1)
    run(assertions, expected=1)
    facts = len(columns_of(TABLES)) * 4
    print(f"{facts} facts of {TABLES * 5} columns in {TABLES} tables, medians of {rounds} in turns")
    print(f"  probes, with the look and Allure results {ours:.2f} s, pgTAP through pg_prove {theirs:.2f} s")
    print(f"  time: {ours / theirs:.2f} x (less than 1)")
    return int(ours >= theirs)


def prepare_probes(server: Server, folder: Path) -> list[str]:
    """An estate whose policy names the tables, and a probe of the user's own."""
    shutil.copytree(resource("fixtures/reference/policy"), folder / "policy")
    ungated(folder / "policy")
    policy = folder / "policy" / "command_catalog.yaml"
    value = json.loads(json.dumps(document.read(policy).value))
    declared = columns_of(TABLES)
    value["commands"] = dict.fromkeys((table for table, *_ in declared), next(iter(value["commands"].values())))
    del value["exercises"]  # calls of commands that are not declared any more
    policy.write_text(json.dumps(value))
    (folder / "estate.yaml").write_text(
        "name: bench\nkind: reference\nsystems: [command_catalog]\npolicy: policy\n"
        f"postgres: {{dsn: {json.dumps(server.dsn('bench', LOOKER))}}}\n"
    )
    (folder / "probes").mkdir()
    (folder / "probes" / "test_columns.py").write_text(PROBE)
    (folder / "probes" / "declared.json").write_text(json.dumps(declared))
    return [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={folder}",
        f"--estate={folder / 'estate.yaml'}", f"--alluredir={folder / 'results'}", str(folder / "probes"),
    ]  # fmt: skip


def run_probes(command: list[str], folder: Path, expected: int = 0) -> None:
    """One run, and the results counted: a case for each table and one for all that policy does not name."""
    shutil.rmtree(folder / "results", ignore_errors=True)
    run(command, where=folder, expected=expected)
    written = len(list((folder / "results").glob("*-result.json")))
    if written != TABLES + 1:
        raise SystemExit(f"{written} results, not {TABLES + 1}")


def prepare_assertions(server: Server, folder: Path) -> list[str]:
    """The same facts as a script of pgTAP."""
    declared = columns_of(TABLES)
    names = "\n, ".join(f"('public', {literal(t)}, {literal(c)})" for t, c, *_ in declared)
    script = [
        f"select plan({len(declared) * 4});",
        f"select has_column(s, t, c, t || c) from (values {names}) v (s, t, c);",
        *over("col_type_is({s}, {t}, {c}, {v}, {t})", [(t, c, kind) for t, c, kind, *_ in declared]),
        *over("col_is_null({s}, {t}, {c}, {t})", [(t, c, "") for t, c, _, null, _ in declared if null]),
        *over("col_not_null({s}, {t}, {c}, {t})", [(t, c, "") for t, c, _, null, _ in declared if not null]),
        *over("col_default_is({s}, {t}, {c}, {v}, {t})", [(t, c, d) for t, c, _, _, d in plain_defaults(declared)]),
        *over("col_hasnt_default({s}, {t}, {c}, {t})", [(t, c, "") for t, c, _, _, d in declared if not d]),
        "select * from finish();",
    ]  # fmt: skip
    file = folder / "columns.sql"
    file.write_text("begin;\n" + "\n".join(script) + "\nrollback;\n")
    with psycopg.connect(server.dsn("bench")) as connection:
        connection.execute("create extension pgtap")
    address = ["-h", str(server.socket_dir), "-p", str(server.port), "-U", server.superuser, "-d", "bench"]
    return ["pg_prove", *address, "--psql-bin", str(BINARIES / "psql"), "-Q", str(file)]


def plain_defaults(
    declared: list[tuple[str, str, str, bool, str | None]],
) -> list[tuple[str, str, str, bool, str]]:
    """pgTAP wants the value of a constant, and the text of an expression."""
    return [(t, c, k, n, "new" if d == "'new'::text" else d) for t, c, k, n, d in declared if d]


def over(call: str, rows: list[tuple[str, str, str]]) -> list[str]:
    """One statement that makes an assertion for each row."""
    values = "\n, ".join(
        f"('public'::name, {literal(t)}::name, {literal(c)}::name, {literal(v)})" for t, c, v in rows
    )
    return [f"select {call.format(s='s', t='t', c='c', v='v')} from (values {values}) v (s, t, c, v);"]


if __name__ == "__main__":
    sys.exit(main())
