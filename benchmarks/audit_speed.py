"""A whole audit of the warm embedded estate without the page, and `--help` against `python -c pass`.

Warm: the estate's cluster was built and bytecode written, by one run that is not counted. Each audit still starts
the server and stops it.

    python benchmarks/audit_speed.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from _measure import medians, program, ratio, run

AT_MOST_SECONDS, AT_MOST_HELP = 3.0, 6.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="compliance-bench-") as scratch:
        return report(asked.rounds, Path(scratch))


def report(rounds: int, scratch: Path) -> int:
    """Measure and print; 1 where a target is missed."""
    compliance = program()
    (audit,) = medians(rounds, lambda: run([*compliance, "audit", "--no-page", "--out", str(scratch)]))
    shown, nothing = medians(
        rounds * 4, lambda: run([*compliance, "--help"]), lambda: run([sys.executable, "-c", "pass"])
    )
    print(f"audit of the warm embedded estate, no page, median of {rounds}")
    print(f"  audit: {audit:.2f} s (at most {AT_MOST_SECONDS:g})")
    print(f"compliance --help, medians of {rounds * 4} in turns")
    print(f"  --help {shown * 1000:.0f} ms, python -c pass {nothing * 1000:.0f} ms")
    missed = ratio("time", shown / nothing, AT_MOST_HELP)
    return int(missed or audit > AT_MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
