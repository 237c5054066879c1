"""How all benchmarks measure: things taken in turns, medians compared, so that a busy machine slows both alike."""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from compliance.estate.embedded import Server

LOOKER = "looker"
_DEFAULTS = ("0", "'new'::text", None, "now()", None)
_TYPES = ("bigint", "text", "boolean", "timestamp with time zone", "numeric(12,2)")


def medians(
    rounds: int, *things: Callable[[], object], before: Callable[[], object] = lambda: None
) -> list[float]:
    """Median seconds of each, taken in turns after one turn that is not counted; `before` each, not counted either."""
    taken: list[list[float]] = [[] for _ in things]
    for count in range(rounds + 1):
        for thing, seconds in zip(things, taken, strict=True):
            before()
            begin = time.perf_counter()
            thing()
            if count:
                seconds.append(time.perf_counter() - begin)
    return [statistics.median(seconds) for seconds in taken]


def run(command: Sequence[str], *, where: Path | None = None, expected: int = 0) -> str:
    """What a program prints; a benchmark of one that failed would say nothing, so that ends it."""
    # A warm program has its bytecode: a workplace that forbids writing it would measure the compiler.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        command, cwd=where, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    said = done.stdout.decode(errors="replace")
    if done.returncode != expected:
        raise SystemExit(f"exit {done.returncode}, not {expected}: {' '.join(command)}\n{said[-3000:]}")
    return said


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """The slope of time over size, both as logarithms: 1 is linear, 2 is quadratic."""
    slope, _ = statistics.linear_regression([math.log(s) for s in sizes], [math.log(s) for s in seconds])
    return slope


def ratio(name: str, value: float, at_most: float) -> bool:
    """Print a ratio and its target; is it missed?"""
    print(f"  {name}: {value:.2f} x (at most {at_most:g})")
    return value > at_most


def columns_of(tables: int, each: int = 5) -> list[tuple[str, str, str, bool, str | None]]:
    """Table, column, type, nullable, default of a made-up estate, in order."""
    return [
        (f"t_{number:04}", f"c_{place}", _TYPES[place % 5], place % 2 == 1, _DEFAULTS[place % 5])
        for number in range(tables)
        for place in range(each)
    ]


def make_tables(server: Server, database: str, tables: int) -> None:
    """A database with these tables, and a role that may look at them and do nothing else."""
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
        if connection.execute("select from pg_roles where rolname = %s", [LOOKER]).fetchone() is None:
            connection.execute(sql.SQL("create role {} login").format(sql.Identifier(LOOKER)))
    definitions: dict[str, list[str]] = {}
    for table, column, kind, nullable, default in columns_of(tables):
        ending = ("" if nullable else " not null") + (f" default {default}" if default else "")
        definitions.setdefault(table, []).append(f"{column} {kind}{ending}")
    with psycopg.connect(server.dsn(database)) as connection:
        for table, columns in definitions.items():
            connection.execute(f"create table {table} ({', '.join(columns)})".encode())  # names of our own


def make_flows(dsn: str, flows: int) -> None:
    """As many rows in a table like that of Directus."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "create table directus_flows (id uuid primary key, name text not null, status text not null,"
            " trigger text, options json, operation uuid)"
        )
        connection.execute(
            "insert into directus_flows select gen_random_uuid(), 'flow ' || n, 'active', 'event',"
            " json_build_object('type', 'action', 'scope', array['items.create'], 'collections', array['c' || n]),"
            " gen_random_uuid() from generate_series(1, %s) as n",
            [flows],
        )
        connection.execute(f"grant select on directus_flows to {LOOKER}".encode())


def program() -> list[str]:
    """`compliance` of this environment."""
    return [sys.executable.replace("python3", "python").rpartition("/")[0] + "/compliance"]
