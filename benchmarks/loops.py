"""How long a proof takes that nothing triggers itself: parse the rows of flows, build the graph, prove.

10,000 flows with 50,000 operations take at most 2 s of a processor, and ten times as many take ten times as long. It
waits for nothing, so a processor's seconds are those of a quiet machine.

    python benchmarks/loops.py [--rounds 3]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from typing import Any

from _measure import exponent

from compliance.core.flows import flows_of
from compliance.core.loops import prove
from compliance.core.observation import Row
from compliance.systems.platform.flowgraph import Graph

SIZES = (100, 1000, 10_000)
AT_MOST_SECONDS, AT_MOST_EXPONENT = 2.0, 1.15
Rows = tuple[list[Row], list[Row]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    made = [rows(size) for size in SIZES]
    seconds = [
        statistics.median(taken) for taken in zip(*(turn(made) for _ in range(asked.rounds)), strict=True)
    ]
    slope = exponent(SIZES, seconds)
    for size, taken in zip(SIZES, seconds, strict=True):
        print(f"{size} flows, {size * 5} operations: {taken:.3f} s")
    print(f"  {SIZES[-1]} flows: {seconds[-1]:.2f} s (at most {AT_MOST_SECONDS:g})")
    print(f"  exponent: {slope:.2f} (at most {AT_MOST_EXPONENT})")
    return int(seconds[-1] > AT_MOST_SECONDS or slope > AT_MOST_EXPONENT)


def turn(made: list[Rows]) -> list[float]:
    """Seconds of each size, one after the other."""
    taken = []
    for flows, operations in made:
        begin = time.process_time()
        proof(flows, operations)
        taken.append(time.process_time() - begin)
    return taken


def proof(flows: list[Row], operations: list[Row]) -> None:
    """From rows to a certificate that names what it assumes."""
    found = prove(Graph(flows_of(flows, operations)).edges())
    if not found.holds or not found.assumptions:
        raise SystemExit("the made-up flows are in order, and call addresses that nobody can look into")


def rows(flows: int) -> Rows:
    """Flows in layers, ten collections each: each layer writes what starts the next one, the last one nothing."""
    found: Rows = ([], [])
    layers = max(2, flows // 50)
    for number in range(flows):
        layer = number % layers
        source, target = (f"c_{level}_{number % 10}" for level in (layer, layer + 1))
        options = {"type": "action", "scope": ["items.create", "items.update"], "collections": [source]}
        name, ids = f"flow {number}", [f"{number}.{place}" for place in range(5)]
        found[0].append(Row((str(number), name, "active", "event", "all", options, ids[0], None)))
        for place, (kind, settings) in enumerate(operations(number, target)):
            ways = (ids[place + 1] if place < 4 else None, None)
            found[1].append(Row((ids[place], name, f"k{place}", kind, str(number), *ways, settings, 1, 1)))
    return found


def operations(number: int, target: str) -> list[tuple[str, dict[str, Any]]]:
    """A log, a condition, a read, a request and a write that emits."""
    return [
        ("log", {"message": f"{number}"}),
        ("condition", {"filter": {"$trigger": {"payload": {"state": {"_neq": "done"}}}}}),
        ("item-read", {"collection": target, "key": "{{$trigger.key}}", "permissions": "$full"}),
        (
            "request",
            {"method": "POST", "url": f"{{{{$env.URL}}}}/things/{number}", "body": {"id": "{{$last.id}}"}},
        ),
        ("item-create", {"collection": target, "payload": {"state": "done"}, "emitEvents": True}),
    ]


if __name__ == "__main__":
    sys.exit(main())
