"""The part of the front page that compares: what is new, what is gone, and the last runs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core import hypertext
from compliance.core.hypertext import badge
from compliance.core.hypertext import brief as _b
from compliance.core.hypertext import escaped as _e

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compliance.core.history import Change
    from compliance.reporting.front.model import Front

RUNS = 30
_STEP, _BAR, _HEIGHT, _FLOOR = 20, 14, 60, 4
_COLUMNS = ("Run", "Verdict", "Findings", "Could not look", "New", "Reopened", "Resolved")
_WORD = {"kept": "good", "broken": "bad"}


def section(front: Front) -> Iterator[str]:
    changes = front.given.changes[-RUNS:]
    yield '<section aria-labelledby="changes">\n<h2 id="changes">Since the last run</h2>\n'
    if not changes:
        yield "<p>No history is kept.</p>\n"
    elif len(changes) == 1 and not changes[-1].unchanged:
        yield "<p>No earlier run is kept: everything that was found is new.</p>\n"
    for change in changes[-1:]:
        yield from _lists(change)
    if changes:
        yield _chart(changes)
        yield "<details><summary>The last runs as a table</summary>\n"
        yield from hypertext.table("changes", _COLUMNS, map(_row, reversed(changes)))
        yield "</details>\n"
    yield "</section>\n"


def _lists(change: Change) -> Iterator[str]:
    """Findings that are there are told above, with their state; here those that are not."""
    counts: Sequence[tuple[str, Sequence[str]]]
    counts = ("new", change.new), ("reopened", change.reopened), ("unchanged", change.unchanged)
    counts = (*counts, ("resolved", change.resolved), ("not looked for again", change.unknown))
    told = ", ".join(f"{len(keys)} {state}" for state, keys in counts if keys)
    yield f"<p>{told or 'Nothing was found, and nothing has gone'}.</p>\n"
    for title, keys in (("Resolved", change.resolved), ("Open, and not looked at again", change.unknown)):
        if keys:
            items = "".join(f"<li><code>{_b(key)}</code></li>" for key in keys)
            few = " open" if len(keys) <= 10 else ""
            yield f'<details{few}><summary>{title} ({len(keys)})</summary><ul class="cases">{items}</ul></details>\n'
    yield from (f'<p class="overall bad">Defect: {_b(line)}</p>\n' for line in change.defect)


def _row(change: Change) -> str:
    entry = change.entry
    head = f"{_e(entry.observed_at[:16].replace('T', ' '))}<br><small>{_e(entry.run)}</small>"
    cells = (
        badge(_WORD.get(entry.conclusion, "warn"), entry.conclusion), len(entry.findings),
        entry.counts.get("could_not_look", 0), len(change.new), len(change.reopened), len(change.resolved),
    )  # fmt: skip
    return hypertext.row(_COLUMNS, head, map(str, cells))


def _chart(changes: Sequence[Change]) -> str:
    """A bar a run: findings, and above them in another pattern the cases that could not look; a dot where neither."""
    told = [(len(each.entry.findings), each.entry.counts.get("could_not_look", 0)) for each in changes]
    most = max(sum(each) for each in told)
    bars = "".join(_bar(n, *each, most) for n, each in enumerate(told))
    width, height = _STEP * max(len(told), 6), (_HEIGHT if most else _STEP) + _FLOOR
    first, last, scale = told[0], told[-1], f" The highest is {most}." if most else ""
    said = (
        f"The last {len(told)} runs: {first[0]} findings in the first, {last[0]} in the last, at most"
        f" {max(each[0] for each in told)}; could not look: {last[1]} in the last, at most {max(e[1] for e in told)}"
    )
    box = f"0 {_HEIGHT + _FLOOR - height} {width} {height}"
    return (
        f'<figure><svg role="img" aria-label="{_e(said)}" viewBox="{box}" width="{width}"'
        f' height="{height}">{bars}</svg><figcaption><span class="key findings-key"></span> findings,'
        f' <span class="key unseen-key"></span> could not look, <span class="key none-key"></span> neither;'
        f" the oldest of {len(told)} runs at the left, this one at the right.{scale}"
        "</figcaption></figure>\n"
    )


def _bar(number: int, findings: int, unseen: int, most: int) -> str:
    left, floor = number * _STEP + (_STEP - _BAR) // 2, _HEIGHT + _FLOOR
    if not findings and not unseen:
        return f'<circle class="clean" cx="{left + _BAR / 2:g}" cy="{floor - 4}" r="4"/>'
    # What is there is seen, however small it is beside the highest.
    one, two = (max(round(count / most * _HEIGHT), 2) if count else 0 for count in (findings, unseen))
    shapes = f'<rect class="broken" x="{left}" y="{floor - one}" width="{_BAR}" height="{one}"/>' if one else ""
    if two:
        top = max(floor - one - two, 1)
        shapes += f'<rect class="unseen" x="{left + 1}" y="{top}" width="{_BAR - 2}" height="{two}"/>'
    return shapes
