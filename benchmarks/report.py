"""How long the report of 10,000 cases takes to open: the front page and Allure's pages, in a real Chromium.

An estate whose catalog declares as many commands as give the cases is audited over a recorded observation, once with
all rows as declared and once with every one of them different, so that each is a finding. `compliance report open`
serves the folder. Measured is from the address to what a person can read: of the front page its last section, of Allure
its tree of cases, of a finding's link the case that it names; each in a browser that has nothing in its cache.

    python benchmarks/report.py [--cases 10000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from _measure import program
from cases import declare, observe

from compliance.estate.resources import resource
from compliance.reporting import serve

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.browser import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_MOST = 3.0
RULES_A_COMMAND = 4  # cases that each command makes, at least
READY = {
    "front page": "!!document.querySelector('footer')",
    "Allure's tree": "!!document.querySelector('[data-testid^=tree-leaf], [data-testid^=tree-section]')",
}
DESCRIPTION = (
    "document.querySelector('[data-testid=test-result-description-frame]')?.contentDocument?.body?.innerText"
)


class Report(NamedTuple):
    """`size`: of the front page, in bytes."""

    name: str
    folder: Path
    size: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    binary = chromium.find()
    if binary is None:
        print("not measured: there is no Chromium ($CHROMIUM, or the system's)")
        return 1
    slow = 0
    with tempfile.TemporaryDirectory(prefix="compliance-bench-") as scratch:
        for name, broken in (("rows as declared", False), ("each command broken", True)):
            report = rendered(Path(scratch) / str(broken), asked.cases, name, broken=broken)
            for what, taken in measured(binary, report, asked.rounds).items():
                median = statistics.median(taken)
                slow += median > AT_MOST
                print(f"  {what:28}{median:6.2f} s, at most {max(taken):.2f} s (target {AT_MOST:.0f} s)")
    return int(slow > 0)


def rendered(folder: Path, cases: int, name: str, *, broken: bool) -> Report:
    """Audit, and say how many cases it had and how long that took."""
    folder.mkdir()
    policy = folder / "policy"
    shutil.copytree(resource("fixtures/reference/policy"), policy)
    (folder / "estate.yaml").write_text(
        "name: bench\nkind: reference\nsystems: [command_catalog]\npolicy: policy\npostgres: {embedded: true}\n"
    )
    observe(folder, declare(policy / "command_catalog.yaml", cases // RULES_A_COMMAND))
    if broken:
        text = (policy / "command_catalog.yaml").read_text()
        (policy / "command_catalog.yaml").write_text(text.replace('"category": "', '"category": "other-'))
    command = [*program(), "audit", "--estate", "estate.yaml", "--observation", "observation.json"]
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    took = time.perf_counter() - begin
    found = folder / "reports"
    count = sum(1 for _ in (found / "allure-results").glob("*-result.json"))
    if count < cases or not (found / "html" / "allure").is_dir():
        raise SystemExit(
            f"{count} cases of {cases}, exit {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    page = found / "html" / "index.html"
    print(
        f"{name}: {count} cases, audited and rendered in {took:.1f} s; the front page has {page.stat().st_size} bytes"
    )
    return Report(name, found / "html", page.stat().st_size)


def measured(binary: str, report: Report, rounds: int) -> dict[str, list[float]]:
    """By what was opened, the seconds of each round."""
    taken: dict[str, list[float]] = {}
    with serve.serving(report.folder) as address:
        for _ in range(rounds):
            for what, seconds in opened(binary, address):
                taken.setdefault(what, []).append(seconds)
    return taken


def opened(binary: str, address: str) -> Iterator[tuple[str, float]]:
    """Each page in a browser of its own; then the first link to a case."""
    for what, place in (("front page", ""), ("Allure's tree", "allure/index.html")):
        with (
            tempfile.TemporaryDirectory(prefix="compliance-bench-", ignore_cleanup_errors=True) as profile,
            chromium.page(binary, Path(profile)) as tab,
        ):
            begin = time.perf_counter()
            tab.call("Page.navigate", url=address + place)
            tab.wait(READY[what], 60)
            yield what, time.perf_counter() - begin
            if not place and (link := tab.value("document.querySelector('.findings a[href^=allure]')?.href")):
                begin = time.perf_counter()
                tab.call("Page.navigate", url=link)
                tab.wait(DESCRIPTION, 60)
                yield "a finding's case in Allure", time.perf_counter() - begin


if __name__ == "__main__":
    sys.exit(main())
