"""What a person reads at the end of an audit. Colour only on a terminal (rich sees to that)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core import population
from compliance.core.oneline import oneline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from rich.console import Console

    from compliance.core.change import Compiled
    from compliance.core.verdict import Case, Verdict

_STYLE = {
    "kept": "bold green",
    "broken": "bold red",
    "could-not-look": "bold yellow",
    "nothing-probed": "bold yellow",
}


def summary(
    verdict: Verdict,
    written: Iterable[tuple[Compiled, Path]],
    obstacles: Mapping[str, tuple[str, ...]],
    page: Path | None,
    why_no_page: str,
    unavailable: Mapping[str, str],
    warnings: Iterable[str] = (),
) -> None:
    """Counts by system, findings with their remedy, what was compiled and where, the report, the verdict last."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    _counts(console, verdict)
    console.print(f"\npopulation: {oneline(population.summed(verdict))}", markup=False)
    for line in population.problems(verdict):
        console.print(_told(line), style="yellow", markup=False)
    for source, why in unavailable.items():
        console.print(f"\nnot looked at  {source}: {_told(why)}", style="yellow", markup=False)
    for case in verdict.cases:
        _case(console, case)
    for system, reasons in obstacles.items():
        console.print(f"\n{system} is not compiled:", style="bold", markup=False)
        for reason in reasons:
            console.print(f"  {_told(reason)}", markup=False)
    for warning in warnings:
        console.print(f"\nwarning: {_told(warning)}", style="yellow", markup=False)
    console.print()
    for item, path in written:
        place = "-" if item.nothing else str(path)
        console.print(f"{item.system} {item.kind}: {item.title}  {place}", markup=False)
    console.print(f"report: {page}" if page else f"no report page: {why_no_page}", markup=False)
    if page and why_no_page:
        console.print(f"Allure's pages are not beside it: {why_no_page}", style="yellow", markup=False)
    console.print(f"verdict: {verdict.conclusion}", style=_STYLE[verdict.conclusion], markup=False)


def _counts(console: Console, verdict: Verdict) -> None:
    from rich.table import Table

    table = Table("system", box=None, pad_edge=False)
    for name in verdict.counts:
        table.add_column(name.replace("_", " "), justify="right")
    for system, counts in verdict.by_system().items():
        table.add_row(system, *map(str, counts.values()))
    table.add_row("all", *map(str, verdict.counts.values()), style="bold")
    console.print(table)


def _case(console: Console, case: Case) -> None:
    if case.outcome in ("could_not_look", "waived"):
        head = "could not look  " if case.outcome == "could_not_look" else "waived    "
        said = _told(f"{case.rule.id} {case.subject}: {case.reason}")
        console.print(f"\n{head}{said}", style="yellow", markup=False)
    for each in case.waived if case.outcome == "broken" else ():
        key = oneline(each.finding.key(case.rule.id))
        console.print(
            f"\nwaived    {key}: by {each.waiver}, but not all of its case", style="yellow", markup=False
        )
    for finding in case.findings:
        console.print(
            f"\n{case.rule.severity:8}  {oneline(finding.key(case.rule.id))}", style="red", markup=False
        )
        console.print(f"          {_told(finding.message)}", markup=False)
        console.print(f"          to do: {case.rule.remedy}", markup=False)


def _told(text: str) -> str:
    """Text of an estate begins no line of its own, where it could be read as one of ours, and moves no cursor."""
    return "\n          ".join(map(oneline, text.split("\n")))
