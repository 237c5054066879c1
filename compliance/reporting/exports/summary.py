"""Markdown for a job summary ($GITHUB_STEP_SUMMARY) or a comment: what a person has to do first, then all else.

GitHub drops a summary of more than 1 MiB as a whole, so rows are left out where it would be longer, and counted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from compliance.core import population
from compliance.core.hypertext import shown
from compliance.core.verdict import OUTCOMES
from compliance.reporting import gated
from compliance.reporting.exports.exported import problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.reporting.exports.exported import Exported, Found

LIMIT = 1_000_000  # bytes; GitHub's is 1,048,576, and a step may say more than this
LONGEST = 600
_SEVERITIES = ("critical", "high", "medium", "low")
# What means anything in a line of Markdown as GitHub reads it. Behind a backslash each is the sign itself; an address
# and the name of a person are looked for in the text that comes of it, where a comment of HTML ends them.
_MEANS = re.compile(r"([\\`*_\[\]<>#|~$&:])")
_NAMES = re.compile(r"(?<=@)|(?<=www)(?=\.)", re.IGNORECASE)


class Section(NamedTuple):
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def export(exported: Exported) -> bytes:
    """Head and tail stand whole; between them as many rows as there is room for."""
    head = "\n".join(_head(exported)) + "\n"
    tail = "\n".join([*_counts(exported), *_population(exported)])[: LIMIT // 4] + "\n"
    room = LIMIT - len(head.encode()) - len(tail.encode())
    parts = [head]
    for section in (_findings(exported), _unseen(exported), _waived(exported)):
        text = _table(section, room) if section.rows else ""
        room -= len(text.encode())
        parts.append(text)
    return "".join([*parts, tail]).encode()


def _head(exported: Exported) -> list[str]:
    verdict, counts = exported.verdict, exported.verdict.counts
    lines = [
        f"# Compliance of {text(exported.estate)}: {text(verdict.conclusion)}", "", *_gate(exported),
        f"{counts['broken']} broken, {counts['could_not_look']} could not look, {counts['waived']} waived,"
        f" {counts['kept']} kept, {counts['not_applicable']} not applicable.", "",
        f"Observed {text(exported.observed_at)}, judged as of {text(verdict.judged_at)}; observation"
        f" `{verdict.observation[:16]}`, policy `{verdict.policy[:16]}`.", "",
    ]  # fmt: skip
    return [*lines, f"**Not whole:** {text(why)}", ""] if (why := problem(verdict)) else lines


def _gate(exported: Exported) -> list[str]:
    """Whoever reads the summary of a job wants to know first why the job is green, or red."""
    if exported.gate is None:
        return []
    first, *details = map(str.strip, gated.lines(exported.gate))
    return [f"**{text(first)}**", "", *(f"- {text(line)}" for line in details), *([""] if details else [])]


def _findings(exported: Exported) -> Section:
    found = sorted(exported.findings(), key=lambda each: _SEVERITIES.index(each.case.rule.severity))
    rows = tuple(
        (each.case.rule.severity, _key(exported, each), text(each.finding.message), text(each.case.rule.remedy),
         _place(exported, each))
        for each in found
    )  # fmt: skip
    return Section("Findings", ("severity", "finding", "what", "to do", "policy"), rows)


def _key(exported: Exported, found: Found) -> str:
    label = exported.label(found.key)
    return text(found.key) + (f" ({label})" if label in ("new", "reopened") else "")


def _place(exported: Exported, found: Found) -> str:
    place = exported.where(found.case, found.finding)
    return text(f"{place.file}:{place.line}")


def _unseen(exported: Exported) -> Section:
    rows = tuple(
        (text(case.rule.id), text(case.subject), text(case.reason))
        for case in exported.verdict.cases
        if case.outcome == "could_not_look"
    )
    return Section("Could not look", ("rule", "subject", "why"), rows)


def _waived(exported: Exported) -> Section:
    rows = tuple(
        (text(each.key), text(each.finding.message), text(exported.justified(each)))
        for each in exported.waived()
    )
    return Section("Waived", ("finding", "what", "why it does not count"), rows)


def _table(section: Section, room: int) -> str:
    """Rows as long as they fit; how many do not is said in any case."""
    lines = [
        f"## {section.title} ({len(section.rows)})",
        "",
        _row(section.head),
        _row(("---",) * len(section.head)),
    ]
    room -= sum(len(line) + 1 for line in lines) + 100
    shown_ = 0
    for row in section.rows:
        line = _row(row)
        room -= len(line.encode()) + 1
        if room < 0:
            break
        lines.append(line)
        shown_ += 1
    left = len(section.rows) - shown_
    more = [f"*{left} more were left out here; `verdict.json` has them all.*", ""] if left else []
    return "\n".join([*lines, "", *more]) + "\n"


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _counts(exported: Exported) -> Iterator[str]:
    yield from ("## Counts", "", _row(("system", *(name.replace("_", " ") for name in OUTCOMES))))
    yield _row(("---", *("--:",) * len(OUTCOMES)))
    for system, counts in exported.verdict.by_system().items():
        yield _row((text(system), *(str(counts[name]) for name in OUTCOMES)))
    yield _row(("**all**", *(str(exported.verdict.counts[name]) for name in OUTCOMES)))
    yield ""


def _population(exported: Exported) -> Iterator[str]:
    yield from ("## Population", "")
    for system, said in population.told(exported.verdict).items():
        yield f"- {text(system)}\\: {text(population.line(said))}"
    yield ""


def text(value: str, longest: int = LONGEST) -> str:
    """One line of plain text: nothing in it is markup, and what is too long is cut and counted."""
    line = shown(" ".join(value.split()))
    left = len(line) - longest
    plain = _NAMES.sub("<!-- -->", _MEANS.sub(r"\\\1", line[:longest]))
    return plain + (f" … ({left} more signs)" if left > 0 else "")
