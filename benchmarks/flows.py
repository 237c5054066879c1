"""10,000 flows with 50,000 operations, looked at and judged by every rule, against json-parsing these rows in Python.

Flows as policy compiles them (log, read, send and two that record a failure), each on a collection of its own, in the
reference estate beside its own flows. The base parses each row, as PostgreSQL writes it as JSON, with `json.loads`.
Seconds of the processor count: both sides are one thread, and whatever else the machine does falls on neither. What
passes while PostgreSQL answers is told beside it.

    python benchmarks/flows.py [--rounds 3] [--flows 10000]
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import json
import re
import sys
import time
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

import psycopg
from _measure import exponent, ratio

from compliance.core.flows import FLOW_COLUMNS, OPERATION_COLUMNS
from compliance.core.observation import SourceUnavailable
from compliance.estate import config
from compliance.estate.embedded import throwaway
from compliance.estate.observe import observe
from compliance.estate.reference_build import load
from compliance.estate.resources import resource
from compliance.probing import Run
from compliance.systems import Policies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from compliance.estate.config import Estate
    from compliance.estate.embedded import Server
    from compliance.systems.protocol import Rule

AT_MOST = 3.0
PROOF = 2.0
SIZES = (100, 300, 1000, 3000, 10000)
_MADE = """
    create temporary table made as
    select n, gen_random_uuid() as flow, gen_random_uuid() as log, gen_random_uuid() as read, gen_random_uuid() as send,
           gen_random_uuid() as failed_read, gen_random_uuid() as failed_send
      from generate_series(1, %s) as n"""
_FLOWS = """
    insert into directus_flows (id, name, status, trigger, accountability, options, operation)
    select m.flow, 'bench ' || m.n, f.status, f.trigger, f.accountability,
           replace(f.options::text, 'workflows', 'bench_' || m.n)::json, m.log
      from made as m, directus_flows as f where f.name = '[DOT-REG] Workflows Create -> AD'"""
_OPERATIONS = """
    insert into directus_operations (id, name, key, type, position_x, position_y, options, resolve, reject, flow)
    select case o.key when 'log' then m.log when 'read' then m.read when 'send' then m.send
                      when 'failed_read' then m.failed_read else m.failed_send end,
           o.name, o.key, o.type, o.position_x, o.position_y,
           replace(o.options::text, 'workflows', 'bench_' || m.n)::json,
           case o.key when 'log' then m.read when 'read' then m.send end,
           case o.key when 'read' then m.failed_read when 'send' then m.failed_send end, m.flow
      from made as m, directus_operations as o join directus_flows as f on f.id = o.flow
     where f.name = '[DOT-REG] Workflows Create -> AD'"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--flows", type=int, default=10000)
    asked = parser.parse_args()
    with throwaway() as server:
        sizes = [size for size in SIZES if size < asked.flows] + [asked.flows]
        estates = {size: prepare(server, size) for size in sizes}
        return report(estates, asked.rounds)


def prepare(server: Server, size: int) -> Estate:
    """A reference estate with that many flows more, and its configuration."""
    name = f"flows_{size}"
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    load(server.dsn(name))
    with psycopg.connect(server.dsn(name)) as connection:
        for statement in (_MADE.replace("%s", str(size)), _FLOWS, _OPERATIONS):
            connection.execute(statement.encode())
    dsn = server.dsn(name, "compliance_probe")
    return dataclasses.replace(
        config.load(resource("fixtures/reference/estate.yaml")), dsn=dsn, embedded=False, documents=None
    )


def report(estates: dict[int, Estate], rounds: int) -> int:
    """Measure and print; 1 where the target is missed. The least of each: whatever else runs only adds."""
    largest = max(estates)
    texts = rows_as_text(estates[largest])
    base, looked, judged = [], [], []
    begin = time.perf_counter()
    for _ in range(rounds):
        base.append(timed(lambda: [json.loads(text) for text in texts]))
        runs: list[Run] = []
        looked.append(timed(lambda: runs.append(look(estates[largest]))))  # noqa: B023 - called at once
        judged.append(timed(lambda: judge(runs[0])))  # noqa: B023 - called at once
    passed = (time.perf_counter() - begin) / rounds
    run = look(estates[largest])
    proof = min(timed(lambda: judge(Run(run.estate, run.policies, run.observation), "PL004")) for _ in range(2))
    seconds = [min(timed(partial(look_and_judge, estate)) for _ in range(2)) for estate in estates.values()]
    parsing, looking, judging = min(base), min(looked), min(judged)
    print(f"{largest} flows with {len(texts) - largest} operations, the best of {rounds} in turns")
    print(f"  json.loads of each row {parsing:.2f} s; a turn of all took {passed:.1f} s by the clock")
    print(
        f"  looked at: {looking:.2f} s, {looking / parsing:.2f} x; judged: {judging:.2f} s, {judging / parsing:.2f} x"
    )
    missed = ratio("time", (looking + judging) / parsing, AT_MOST)
    print(f"  proof of loop freedom alone {proof:.2f} s (at most {PROOF:g})")
    print(f"  exponent from {min(estates)} flows up: {exponent(list(estates), seconds):.2f} (1 is linear)")
    return int(missed or proof > PROOF)


def timed(what: Callable[[], object]) -> float:
    gc.collect()
    begin = time.process_time()
    what()
    return time.process_time() - begin


def rows_as_text(estate: Estate) -> list[str]:
    """What the base parses: the columns that are judged, as PostgreSQL writes a row of them as JSON."""
    with psycopg.connect(estate.dsn or "") as connection:
        return [
            text
            for table, columns in (("flows", FLOW_COLUMNS), ("operations", OPERATION_COLUMNS))
            for (text,) in connection.execute(
                f"select row_to_json(t)::text from (select {', '.join(columns)} from directus_{table}) as t".encode()
            )
        ]


def look(estate: Estate) -> Run:
    policies = Policies.load(estate)
    return Run(estate, policies, observe(estate, policies.needs()))


def judge(run: Run, only: str = "") -> None:
    """Every rule of flows, once each, as an audit asks them."""
    for name, system, rule in rules():
        if not only or name == only:
            judged = run.judged(rule, system)
            if judged.failure is not None and not isinstance(judged.failure, SourceUnavailable):
                raise SystemExit(f"{name}: {judged.failure}")


def rules() -> Iterator[tuple[str, str, Rule]]:
    """Those that the probes of both systems read aloud."""
    for system in ("platform", "registry_sync"):
        for file in sorted(resource(f"probes/{system}").glob("test_*.py")):
            found = re.search(r"expect_none\((\w+)\.(\w+)\)", file.read_text())
            if found and (system != "platform" or "pl004" in file.name):
                module = import_module(f"compliance.systems.{system}.{found[1]}")
                yield file.name[5:10].upper(), system, getattr(module, found[2])


def look_and_judge(estate: Estate) -> None:
    judge(look(estate))


if __name__ == "__main__":
    sys.exit(main())
