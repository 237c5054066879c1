"""A scan of 100,000 registered collections against one full read of the registry, in turns in one session.

Every collection has its table. A full read: all rows with all columns, sent to the client by `copy`, unparsed. The scan
is the reference estate's own, called as its endpoint calls it. A gap costs more: each is a call of the helper and a row
that is written, so the target is for a registry in order, with up to a hundred gaps; what more of them take is told.

    python benchmarks/birth_scan.py [--rounds 5] [--collections 100000]
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING, Any

import psycopg
from _measure import medians, ratio

from compliance.estate.embedded import throwaway
from compliance.estate.reference_build import load

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_MOST = 3.0
AT_ONCE = 500  # locks of one statement
_REGISTERED = """
    insert into public.collection_registry
        (collection_name, "group", icon, field_count, governance_role, storage_role, source_kind, migration_state,
         species_code)
    select 'bench_' || n, 'bench', 'table', 5, 'governed', 'primary', 'directus', 'done', 'S' || n % 100
      from generate_series(1, %s) as n"""
_GAPS = "update public.collection_registry set species_code = null where id % %s = 0 and \"group\" = 'bench'"
_UNDO = "update public.collection_registry set species_code = 'S' where species_code is null and \"group\" = 'bench'"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--collections", type=int, default=100_000)
    asked = parser.parse_args()
    with throwaway() as server:
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            connection.execute("create database bench")
        load(server.dsn("bench"))
        with psycopg.connect(server.dsn("bench"), autocommit=True) as owner:
            fill(owner, asked.collections)
            with psycopg.connect(server.dsn("bench", "directus_app"), autocommit=True) as caller:
                return report(owner, caller, asked.collections, asked.rounds)


def fill(owner: psycopg.Connection, collections: int) -> None:
    """Tables, and their rows behind the back of the soft gate, which would look at each."""
    for begin in range(1, collections + 1, AT_ONCE):
        numbers = range(begin, min(begin + AT_ONCE, collections + 1))
        owner.execute("".join(f"create table public.bench_{n} ();" for n in numbers).encode())
    with behind_the_gate(owner):
        owner.execute(_REGISTERED.replace("%s", str(collections)).encode())
    owner.execute("vacuum analyze public.collection_registry")


class behind_the_gate:  # noqa: N801 - used as a statement
    """The triggers of the registry are off."""

    def __init__(self, owner: psycopg.Connection) -> None:
        self._owner = owner

    def __enter__(self) -> None:
        self._owner.execute("alter table public.collection_registry disable trigger user")

    def __exit__(self, *_: object) -> None:
        self._owner.execute("alter table public.collection_registry enable trigger user")


def report(owner: psycopg.Connection, caller: psycopg.Connection, collections: int, rounds: int) -> int:
    """A registry in order, then with ever more gaps; 1 where the target is missed."""
    print(f"{collections} collections, medians of {rounds} in turns")
    missed = False
    for every in (0, collections // 100, 100, 10):
        with behind_the_gate(owner):
            owner.execute(_UNDO.encode())
            if every:
                owner.execute(_GAPS.replace("%s", str(every)).encode())
        owner.execute("vacuum analyze public.collection_registry")
        first = timed(caller)
        reading, again = medians(rounds, lambda: read(caller), lambda: scan(caller))
        gaps = scan(caller)["gaps"]
        print(
            f"  {gaps} gaps: full read {reading * 1000:.0f} ms, scan {again * 1000:.0f} ms, the first {first}"
        )
        if gaps <= 100:
            missed |= ratio("scan against read", again / reading, AT_MOST)
        else:
            print(
                f"  scan against read: {again / reading:.2f} x, {(again - reading) / gaps * 1e6:.0f} µs a gap"
            )
    return int(missed)


def timed(caller: psycopg.Connection) -> str:
    """Of the scan that finds them: the others see them again."""
    begin = time.perf_counter()
    new = scan(caller)["new_gaps"]
    return f"{(time.perf_counter() - begin) * 1000:.0f} ms ({new} new)"


def read(connection: psycopg.Connection) -> int:
    """Every row with every column, as PostgreSQL sends it."""
    return sum(map(len, _sent(connection)))


def _sent(connection: psycopg.Connection) -> Iterator[Any]:
    with connection.cursor().copy("copy public.collection_registry to stdout") as copy:
        yield from copy


def scan(connection: psycopg.Connection) -> dict[str, Any]:
    """As the endpoint asks for it."""
    row = connection.execute("select public.fn_birth_onboarding_full_scan()").fetchone()
    if row is None or row[0]["status"] != "complete":
        raise SystemExit(f"the scan answered {row}")
    return dict(row[0])


if __name__ == "__main__":
    sys.exit(main())
