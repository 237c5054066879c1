"""Packages for 1,000 views out of one observation, against that observation itself.

The views are like that of document 002: columns of a table and of two outer joins, a call, an array of a query. A
package is built and its payloads are made. Both are taken in turns, and what counts is the clock, since most
of an observation is PostgreSQL's work; how the packages grow is told by seconds of the processor.

    python benchmarks/registration.py [--rounds 3] [--views 1000]
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import sys
import time
from typing import TYPE_CHECKING, Any

import psycopg
from _measure import exponent, ratio

from compliance.core.observation import Observation
from compliance.estate import config, document
from compliance.estate.embedded import throwaway
from compliance.estate.observe import observe
from compliance.estate.reference_build import load
from compliance.estate.resources import resource
from compliance.systems import system
from compliance.systems.iu_registration.package import build_registration_package

if TYPE_CHECKING:
    from collections.abc import Callable

    from compliance.estate.config import Estate
    from compliance.estate.embedded import Server

AT_MOST = 2.0
SYSTEM = "iu_registration"
_VIEW = """
    create view public.bench_{} as
    select u.id as unit_id, u.canonical_address, u.unit_kind, u.section_type, u.lifecycle_status,
           p.document_code as axis_a_doc_code, p.sort_order as axis_a_sort_order,
           public.fn_iu_tags(u.id) as axis_b_tags, h.parent_id as axis_c_parent_id, cardinality(a.ids) as axis_c_depth,
           a.ids as axis_c_ancestors,
           array(select x.canonical_address from unnest(a.ids) with ordinality as t(id, n)
                   join public.iu_unit x on x.id = t.id order by t.n) as axis_c_ancestor_addresses,
           u.created_at, u.updated_at
      from public.iu_unit u
      left join public.iu_placement p on p.unit_id = u.id
      left join public.iu_hierarchy h on h.child_id = u.id
     cross join lateral (select public.fn_iu_tree_ancestors(u.id) as ids) a"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--views", type=int, default=1000)
    asked = parser.parse_args()
    policy = parsed()
    with throwaway() as server:
        few, many = max(asked.views // 10, 1), asked.views
        estates = {size: prepare(server, size) for size in (few, many)}
        return report(estates, policy, asked.rounds)


def parsed() -> Any:
    found = document.load(
        resource("fixtures/reference/policy/iu_registration.yaml"),
        resource("systems/iu_registration/policy.schema.json"),
    )
    return system(SYSTEM).parse(found)


def prepare(server: Server, size: int) -> Estate:
    """A reference estate with that many views more, and its configuration."""
    name = f"views_{size}"
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    load(server.dsn(name))
    with psycopg.connect(server.dsn(name)) as connection:
        connection.execute(";".join(_VIEW.format(number) for number in range(size)).encode())
    dsn = server.dsn(name, "compliance_probe")
    return dataclasses.replace(
        config.load(resource("fixtures/reference/estate.yaml")), dsn=dsn, embedded=False, documents=None
    )


def report(estates: dict[int, Estate], policy: Any, rounds: int) -> int:
    """Measure in turns and print; 1 where the target is missed. The least of each: whatever else runs only adds."""
    needs = system(SYSTEM).needs(policy)
    looked: dict[int, float] = {}
    made: dict[int, tuple[float, float]] = {}
    for size, estate in estates.items():
        seen = observe(estate, needs)
        turns = [
            (timed(lambda: observe(estate, needs)), timed(lambda: packages(seen, policy, size)))  # noqa: B023 - at once
            for _ in range(rounds)
        ]
        looked[size] = min(look[0] for look, _ in turns)
        made[size] = min(made[0] for _, made in turns), min(made[1] for _, made in turns)
    few, many = estates
    print(f"{many} packages of 14 fields each, the best of {rounds}")
    print(
        f"  looked at in {looked[many]:.2f} s; made in {made[many][0]:.2f} s by the clock, {made[many][1]:.2f} s used"
    )
    missed = ratio("time", made[many][0] / looked[many], AT_MOST)
    print(
        f"  exponent from {few} views up: {exponent([few, many], [made[few][1], made[many][1]]):.2f} (1 is linear)"
    )
    return int(missed)


def packages(seen: Observation, policy: Any, size: int) -> None:
    """As if none had been made of it: what is remembered of an observation is part of the price."""
    fresh = Observation(seen.estate, seen.observed_at, seen.sections)
    made = [build_registration_package(fresh, f"bench_{n}", policy=policy) for n in range(size)]
    if not all(package.requests() and any(field.required for field in package.fields) for package in made):
        raise SystemExit("a package without a field that is required measures nothing")


def timed(what: Callable[[], object]) -> tuple[float, float]:
    """By the clock, and of the processor."""
    gc.collect()
    begin, used = time.perf_counter(), time.process_time()
    what()
    return time.perf_counter() - begin, time.process_time() - used


if __name__ == "__main__":
    sys.exit(main())
