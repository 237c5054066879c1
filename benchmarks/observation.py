"""One look at 500 tables, 2,500 columns and 1,000 flows against the same queries in raw psycopg.

Raw: connect, begin, run each statement, fetch all. Ours: the same, with the self-test of the read-only layers, facts
as tuples, secrets taken out and the whole as an `Observation`. Both in this process, in turns.

    python benchmarks/observation.py [--rounds 15]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import psycopg
from _measure import LOOKER, make_flows, make_tables, medians, ratio

from compliance.core.needs import Needs, RowsNeed
from compliance.estate import catalog
from compliance.estate.config import Estate
from compliance.estate.embedded import throwaway
from compliance.estate.observe import observe
from compliance.estate.resources import resource

AT_MOST = 1.5
TABLES, FLOWS = 500, 1000
NEED = RowsNeed(
    "directus_flows",
    "public.directus_flows",
    ("id", "name", "status", "trigger", "options", "operation"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    with throwaway() as server:
        make_tables(server, "bench", TABLES)
        make_flows(server.dsn("bench"), FLOWS)
        dsn = server.dsn("bench", LOOKER)
        ours, theirs = medians(asked.rounds, lambda: look(dsn), lambda: raw(dsn))
    print(f"observation of {TABLES} tables, {FLOWS} flows, medians of {asked.rounds} in turns")
    print(f"  observe {ours * 1000:.0f} ms, the same queries in psycopg {theirs * 1000:.0f} ms")
    return int(ratio("time", ours / theirs, AT_MOST))


def look(dsn: str, tables: int = TABLES, flows: int = FLOWS) -> None:
    """Ours; a look that saw less would be quick for the wrong reason."""
    estate = Estate("bench", "reference", (), Path(), dsn, False, None, None, {})
    seen = observe(estate, Needs(rows=(NEED,), roles=frozenset({LOOKER})))
    found = {name: len(seen.read(name)) for name in ("catalog.relations", "catalog.columns", NEED.section)}
    if found != {"catalog.relations": tables + 1, "catalog.columns": tables * 5 + 6, NEED.section: flows}:
        raise SystemExit(f"not all was seen: {found}")


def raw(dsn: str) -> None:
    """What anybody would write who wants these rows."""
    queries = [resource(f"sql/catalog/{name}.sql").read_bytes() for name in catalog.SECTIONS]
    with psycopg.connect(dsn) as connection:
        for name, query in zip(catalog.SECTIONS, queries, strict=True):
            params = {"roles": [LOOKER]} if name == "executables" else None
            connection.execute(query, params).fetchall()
        connection.execute(catalog.rows_query(NEED)).fetchall()


if __name__ == "__main__":
    sys.exit(main())
