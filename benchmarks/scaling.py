"""How cost grows: seconds of cases at three sizes, and seconds of a look at three sizes, as exponents.

1 is linear, 2 is quadratic. What does not grow (start of Python, of a connection) makes an exponent smaller, so
the larger two sizes are shown as a ratio besides: twice as much may take at most 2.3 times as long.

    python benchmarks/scaling.py [--rounds 3]
"""

from __future__ import annotations

import argparse
import functools
import statistics
import sys
import tempfile
from pathlib import Path

from _measure import LOOKER, exponent, make_flows, make_tables, medians
from cases import measure, prepare_real
from observation import look

from compliance.estate.embedded import throwaway

AT_MOST_EXPONENT, AT_MOST_DOUBLING = 1.15, 2.3
CASES = (2500, 5000, 10_000)
OBJECTS = (500, 1000, 2000)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    missed = [
        shown("cases, whole processes", CASES, of_cases(asked.rounds)),
        shown("tables, five columns and two flows each, one look", OBJECTS, of_objects(asked.rounds * 3)),
    ]
    return int(any(missed))


def shown(what: str, sizes: tuple[int, ...], seconds: list[float]) -> bool:
    """Print the growth; is it more than linear?"""
    slope, doubling = exponent(sizes, seconds), seconds[-1] / seconds[-2]
    taken = ", ".join(f"{size}: {each:.2f} s" for size, each in zip(sizes, seconds, strict=True))
    print(f"{what}: {taken}")
    print(f"  exponent: {slope:.2f} (at most {AT_MOST_EXPONENT}), last doubling {doubling:.2f} x")
    return slope > AT_MOST_EXPONENT or doubling > AT_MOST_DOUBLING


def of_cases(rounds: int) -> list[float]:
    """Medians of whole runs with evidence and results."""
    with tempfile.TemporaryDirectory(prefix="compliance-bench-") as scratch:
        runs = [(prepare_real(Path(scratch) / str(cases), cases), cases) for cases in CASES]
        taken = [[measure(*each).seconds for each in runs] for _ in range(rounds)]
    return [statistics.median(seconds) for seconds in zip(*taken, strict=True)]


def of_objects(rounds: int) -> list[float]:
    """Medians of looks at databases of three sizes on one server."""
    with throwaway() as server:
        looks = []
        for tables in OBJECTS:
            name = f"bench_{tables}"
            make_tables(server, name, tables)
            make_flows(server.dsn(name), tables * 2)
            looks.append(functools.partial(look, server.dsn(name, LOOKER), tables, tables * 2))
        return medians(rounds, *looks)


if __name__ == "__main__":
    sys.exit(main())
