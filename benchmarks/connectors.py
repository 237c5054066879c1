"""30 repositories of git brought up to date: `git_repositories` of the sync against a shell loop of `git pull`.

Both fetch by git's smart HTTP from a server on loopback, `git http-backend` behind Python's own, which makes every
request wait as one to a service elsewhere does: DELAY milliseconds, for both alike. Before each round every repository
gets a commit. The loop pulls 30 shallow clones (`git pull`), one after the other, and does no more. The sync
fetches 8 at a time, writes the files, runs a second time to see that this changes nothing, looks for secrets, and
commits. Then the same where nothing is new. Rounds are taken in turns; medians are compared.

    python benchmarks/connectors.py [--repositories 30] [--delay 50] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from _measure import medians, program, ratio, run

sys.path.insert(0, str(Path(__file__).parents[1]))

from fixtures.counterparts.git_http import hosted

AT_MOST = 1.0  # of the time of the loop
MODULES = 8
_WHO = ("-c", "user.name=Bench", "-c", "user.email=bench@example.org")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=int, default=30)
    parser.add_argument("--delay", type=int, default=50, help="milliseconds that each request waits")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="connectors-bench-"))
    names = [f"modules-{number:02}" for number in range(given.repositories)]
    try:
        for name in names:
            upstream(folder / "upstream" / name)
        with hosted(folder / "upstream") as hosting:
            loop = clones(folder / "loop", hosting.address, names)
            ours = repository(folder / "ours", hosting.address, names)
            hosting.delay = given.delay / 1000
            return compare(folder, names, loop, ours, given.rounds, given.delay)
    finally:
        shutil.rmtree(folder)


def compare(folder: Path, names: list[str], loop: Path, ours: Path, rounds: int, delay: int) -> int:
    """Both ways, something new in each of them, and then nothing."""
    count = iter(range(10_000))

    def news() -> None:
        number = next(count)
        for name in names:
            (folder / "upstream" / name / "module_0" / "models.py").write_text(
                f"x = {number}\n", encoding="utf-8"
            )
            run(["git", *_WHO, "commit", "-qam", f"change {number}"], where=folder / "upstream" / name)

    def pull() -> None:
        run(
            ["bash", "-c", "set -e; for each in */; do git -C $each pull -q --ff-only; done"],
            where=loop,
        )

    def sync() -> None:
        run([*program(), "sync"], where=ours)

    print(f"{len(names)} repositories, each request waits {delay} ms; median of {rounds} rounds")
    missed = False
    for what, before in (("each has a new commit", news), ("nothing is new", lambda: None)):
        alone, taken = medians(rounds, pull, sync, before=before)
        print(f"  {what}: the loop {alone:.2f} s, the sync {taken:.2f} s")
        missed |= ratio(f"the sync to the loop, {what}", taken / alone, AT_MOST)
    same(folder, names, loop, ours)
    return int(missed)


def same(folder: Path, names: list[str], loop: Path, ours: Path) -> None:
    """A benchmark of what brought something else would say nothing."""
    for name in names:
        there = run(["git", "rev-parse", "HEAD^{tree}"], where=folder / "upstream" / name)
        assert run(["git", "rev-parse", f"HEAD:modules/{name}"], where=ours) == there, name
        run(["git", "pull", "-q", "--ff-only"], where=loop / name)
        assert run(["git", "rev-parse", "HEAD^{tree}"], where=loop / name) == there, name


def upstream(folder: Path) -> None:
    for number in range(MODULES):
        place = folder / f"module_{number}"
        place.mkdir(parents=True)
        (place / "__manifest__.py").write_text(f"{{'name': '{folder.name} {number}'}}\n", encoding="utf-8")
        (place / "models.py").write_text("x = 0\n" * 200, encoding="utf-8")
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "modules"]):
        run(["git", *_WHO, *words], where=folder)


def clones(folder: Path, address: str, names: list[str]) -> Path:
    folder.mkdir()
    for name in names:
        run(["git", "clone", "-q", "--depth", "1", f"{address}/{name}"], where=folder)
    return folder


def repository(folder: Path, address: str, names: list[str]) -> Path:
    """One whose sync has run once, as the clones have been made."""
    config = {"base": address, "repositories": names, "into": "modules", "module_file": "__manifest__.py"}
    target = {
        "description": "modules", "direction": "pull", "connector": "git_repositories", "config": config,
        "outputs": ["modules/**"],
    }  # fmt: skip
    (folder / ".insightpulse").mkdir(parents=True)
    told = json.dumps({"version": "1.0", "targets": {"modules": target}})
    (folder / ".insightpulse" / "sync.yaml").write_text(told, encoding="utf-8")
    for words in (
        ["init", "-q", "-b", "main"], ["config", "user.name", "Bench"],
        ["config", "user.email", "bench@example.org"], ["add", "."], ["commit", "-q", "-m", "start"],
    ):  # fmt: skip
        run(["git", *words], where=folder)
    run([*program(), "sync"], where=folder)
    return folder


if __name__ == "__main__":
    sys.exit(main())
