"""Real cases with shared evidence and Allure results against as many empty ones under stock allure-pytest.

Real: probes of the command catalog over a recorded observation, run with the options of an audit; every subject
is a case with its Why, Remedy and evidence. Empty: `def test(i): pass`. Neither loads plugins that it does not
need. Both are whole processes, taken in turns; the medians of wall time, of processor time and of memory (the main
process and its helper together) are compared.

    python benchmarks/cases.py [--cases 10000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import os
import resource as resources
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from compliance.core.observation import Observation, Provenance, Row, Seen
from compliance.estate import config, document
from compliance.estate.resources import resource
from compliance.starting import ungated
from compliance.systems import Policies

ROOT = Path(__file__).resolve().parent.parent
AT_MOST_TIME, AT_MOST_MEMORY = 0.8, 1.4
PROBES = 20
PROBE = '''"""BN{number:03}: a row is as declared.

Why: a row that differs makes whoever reads it run another command.
Remedy: compile the catalog, review the migration and apply it.
"""

import pytest
from compliance.systems.command_catalog import rules


def judge(facts):
    yield from rules.{rule}(facts)


@pytest.mark.rule("BN{number:03}", family="rows", severity="high", phase="conformance")
@pytest.mark.each("command_catalog.commands")
def test_row(look):
    """A row is as declared."""
    look.expect_none(judge)
'''
EMPTY = "import pytest\n\n@pytest.mark.parametrize('i', range({cases}))\ndef test_empty(i):\n    pass\n"


class Measured(NamedTuple):
    """One whole process."""

    seconds: float
    processor: float
    megabytes: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="compliance-bench-") as scratch:
        real = prepare_real(Path(scratch) / "real", asked.cases)
        empty = prepare_empty(Path(scratch) / "empty", asked.cases)
        rounds = [(measure(real, asked.cases), measure(empty, asked.cases)) for _ in range(asked.rounds)]
    return report(asked.cases, rounds)


def report(cases: int, rounds: list[tuple[Measured, Measured]]) -> int:
    """Print medians and ratios; 1 where a target is missed."""
    medians = [Measured(*(statistics.median(values) for values in zip(*column))) for column in zip(*rounds)]
    real, empty = medians
    time_ratio, memory_ratio = real.seconds / empty.seconds, real.megabytes / empty.megabytes
    print(f"{cases} cases, medians of {len(rounds)} rounds taken in turns")
    for name, each in (("real, evidence and results", real), ("empty, stock allure-pytest", empty)):
        print(f"  {name:28}{each.seconds:6.2f} s  processor {each.processor:6.2f} s  {each.megabytes:5.0f} MB")
    print(
        f"  time {time_ratio:.2f} x (at most {AT_MOST_TIME}), memory {memory_ratio:.2f} x (at most {AT_MOST_MEMORY})"
    )
    print(f"  processor {real.processor / empty.processor:.2f} x")
    return int(time_ratio > AT_MOST_TIME or memory_ratio > AT_MOST_MEMORY)


def prepare_real(folder: Path, cases: int) -> list[str]:
    """An estate whose catalog has as many rows as give the cases, its observation, and probes over it."""
    shutil.copytree(resource("fixtures/reference/policy"), folder / "policy")
    ungated(folder / "policy")
    rows = declare(folder / "policy" / "command_catalog.yaml", cases // PROBES - 1)
    (folder / "estate.yaml").write_text(
        "name: bench\nkind: reference\nsystems: [command_catalog]\npolicy: policy\npostgres: {embedded: true}\n"
    )
    observe(folder, rows)
    (folder / "probes").mkdir()
    for number in range(PROBES):
        rule = ("rows_equal_declaration", "rows_are_unambiguous")[number % 2]
        (folder / "probes" / f"test_bn{number:03}.py").write_text(PROBE.format(number=number, rule=rule))
    return [
        *(
            "-p",
            "compliance.pytest_plugin",
            "-p",
            "no:terminal",
            "--import-mode=importlib",
            "--allure-no-capture",
        ),
        f"--estate={folder / 'estate.yaml'}",
        f"--observation={folder / 'observation.json'}",
        f"--rootdir={folder}",
        str(folder / "probes"),
    ]


def declare(policy: Path, count: int) -> list[str]:
    """Put `count` commands in place of the declared ones; their names. JSON is YAML too, and quick to write."""
    value = json.loads(json.dumps(document.read(policy).value))
    like = next(iter(value["commands"].values()))
    names = [f"dot_bench_{number:05}" for number in range(count)]
    value["commands"] = dict.fromkeys(names, like)
    del value["exercises"]  # calls of commands that are not declared any more
    policy.write_text(json.dumps(value, indent=1))
    return names


def observe(folder: Path, names: list[str]) -> None:
    """What a look at that estate would have recorded: each row as declared."""
    policies = Policies.load(config.load(folder / "estate.yaml"))
    policy = policies["command_catalog"]
    seen = Seen(tuple(Row(policy.commands[name].row) for name in names), Provenance("bench", "select", "", 0.0))
    observation = Observation("bench", "2026-01-01T00:00:00Z", {policy.rows.section: seen})
    (folder / "observation.json").write_bytes(observation.to_json())


def prepare_empty(folder: Path, cases: int) -> list[str]:
    folder.mkdir()
    (folder / "test_empty.py").write_text(EMPTY.format(cases=cases))
    return ["-q", f"--rootdir={folder}", str(folder)]


def measure(arguments: list[str], cases: int) -> Measured:
    """Run it once, with results in a fresh folder, and count them."""
    with tempfile.TemporaryDirectory(prefix="compliance-bench-") as scratch:
        results, said = Path(scratch) / "results", Path(scratch) / "output"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "allure_pytest.plugin",
            "-p",
            "no:cacheprovider",
            "-c",
            os.devnull,
        ]
        begin, used = time.perf_counter(), processor_time()
        with said.open("wb") as output:
            process = subprocess.Popen(
                [*command, f"--alluredir={results}", *arguments],
                cwd=scratch,
                env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            kilobytes = watched(process)
        seconds, processor = time.perf_counter() - begin, processor_time() - used
        written = (
            sum(each.name.endswith("-result.json") for each in os.scandir(results)) if results.exists() else 0
        )
        if process.returncode or written != cases:
            raise SystemExit(
                f"{written} results of {cases}, exit {process.returncode}:\n{said.read_text()[-3000:]}"
            )
    return Measured(seconds, processor, kilobytes / 1024)


def processor_time() -> float:
    """Of all processes that were started and have ended, those that they waited for included."""
    spent = resources.getrusage(resources.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def watched(process: subprocess.Popen[bytes]) -> int:
    """Wait for it; the peak memory of it and of each process it started, added up."""
    peaks: dict[str, int] = {}
    while process.poll() is None:
        for pid in (str(process.pid), *children(process.pid)):
            peaks[pid] = max(peaks.get(pid, 0), peak(pid))
        time.sleep(0.02)
    return sum(peaks.values())


def children(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []


def peak(pid: str) -> int:
    """The high-water mark in kB, 0 for a process that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


if __name__ == "__main__":
    sys.exit(main())
