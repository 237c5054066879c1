"""1,000 small targets of the directional sync against the bare scripts in a loop of bash.

A repository with as many pulls as targets, each of which writes one small file that git then commits for it. The base
runs the same scripts one after the other in a copy of the repository and commits nothing. What counts is how long a
target takes beyond its script: its tree, what it changed, the look for secrets, its second run (which must change
nothing, and is a second start of the script), its commit. Second, a run in which nothing is new.
Last, eight targets that each wait for a second: side by side they take little more than one.

    python benchmarks/sync.py [--targets 1000]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from _measure import program, run

AT_MOST = 20.0  # milliseconds a target
SIDE_BY_SIDE = 8
_TARGET = """\
  t{number:04}:
    direction: pull
    description: "One small file"
    entrypoint: scripts/t{number:04}.sh
    outputs: ["out/t{number:04}/**"]
"""
_SCRIPT = """\
#!/usr/bin/env bash
set -euo pipefail
{wait}mkdir -p out/t{number:04}
echo "{number}" >out/t{number:04}/value.txt
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=1000)
    targets = parser.parse_args().targets
    folder = Path(tempfile.mkdtemp(prefix="sync-bench-"))
    try:
        missed = small(folder, targets)
        return int(at_once(folder) or missed)
    finally:
        shutil.rmtree(folder)


def small(folder: Path, targets: int) -> bool:
    """Bare scripts and the runner, over copies of one repository."""
    bare, ours = (repository(folder / name, targets) for name in ("bare", "ours"))
    scripts = seconds(["bash", "-c", "for script in scripts/t*.sh; do ./$script; done"], bare)
    first = seconds([*program(), "sync", "--direction", "pull"], ours)
    again = seconds([*program(), "sync", "--direction", "pull"], ours)
    committed = int(run(["git", "rev-list", "--count", "HEAD"], where=ours)) - 1
    assert committed == targets, f"{committed} commits of {targets} targets"
    print(f"{targets} pulls; the scripts alone {scripts:.1f} s ({scripts / targets * 1000:.1f} ms each)")
    print(f"  all change something and are committed: {first:.1f} s")
    print(f"  nothing is new: {again:.1f} s")
    more = [(took - scripts) / targets * 1000 for took in (first, again)]
    for what, each in zip(("committed", "nothing new"), more, strict=True):
        print(f"  a target more than its script, {what}: {each:.1f} ms (at most {AT_MOST:g})")
    return max(more) > AT_MOST


def at_once(folder: Path) -> bool:
    """Targets that wait, all side by side, against one after the other."""
    taken = []
    for jobs in (1, SIDE_BY_SIDE):
        where = repository(folder / f"waiting{jobs}", SIDE_BY_SIDE, wait="sleep 1\n")
        taken.append(seconds([*program(), "sync", "--jobs", str(jobs)], where))
    print(
        f"{SIDE_BY_SIDE} pulls that wait a second, twice: {taken[0]:.1f} s alone, {taken[1]:.1f} s side by side"
    )
    return taken[1] > taken[0] / 3


def repository(folder: Path, targets: int, wait: str = "") -> Path:
    (folder / "scripts").mkdir(parents=True)
    (folder / ".insightpulse").mkdir()
    listed = "".join(_TARGET.format(number=number) for number in range(targets))
    (folder / ".insightpulse" / "sync.yaml").write_text(f'version: "1.0"\ntargets:\n{listed}', encoding="utf-8")
    for number in range(targets):
        script = folder / "scripts" / f"t{number:04}.sh"
        script.write_text(_SCRIPT.format(number=number, wait=wait), encoding="utf-8")
        script.chmod(0o755)
    for words in (
        ["init", "--quiet", "-b", "main"], ["config", "user.name", "Bench"],
        ["config", "user.email", "bench@example.org"], ["add", "."], ["commit", "--quiet", "-m", "start"],
    ):  # fmt: skip
        run(["git", *words], where=folder)
    return folder


def seconds(command: list[str], where: Path) -> float:
    begin = time.perf_counter()
    run(command, where=where)
    return time.perf_counter() - begin


if __name__ == "__main__":
    sys.exit(main())
