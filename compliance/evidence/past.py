"""What an audit adds to those before it. Of these the bundle holds what they came to, so that whoever has nothing else
sees what is new, since when the rest is known, and what is gone; and a replay comes to the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import canonical, history, history_lines, verdicts
from compliance.core.oneline import oneline
from compliance.evidence import versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.history import Change, Entry, History
    from compliance.core.observation import Observation
    from compliance.core.verdict import Verdict

HISTORY, CHANGES = "history.jsonl", "changes.json"
FORMAT = 1
RUNS = 30  # that a bundle holds; of those before them, what they found
_STATES = ("new", "reopened", "resolved", "unknown", "unchanged")
_WORDS = {"unknown": "open, and not looked at again"}


class Past(NamedTuple):
    """`history`: of earlier looks, and of this one where that was judged before; `change`: what this audit adds."""

    history: History
    change: Change

    def document(self) -> dict[str, Any]:
        last = self.history.entries[-1] if self.history.entries else None
        return {
            "format": FORMAT,
            "runs": len(self.history.entries),
            "last": {"run": last.run, "observed_at": last.observed_at} if last else None,
            "first_seen": {key: known.at for key, known in self.change.first.items()},
            "defect": list(self.change.defect),
            **{state: list(getattr(self.change, state)) for state in _STATES},
        }

    def files(self) -> dict[str, bytes]:
        return {CHANGES: canonical.pretty(self.document()).encode()}


def entry_of(verdict: Verdict, observation: Observation, before: History) -> Entry:
    return history.entry(
        verdicts.document(verdict), estate=observation.estate, observed_at=observation.observed_at,
        program=versions.deciding(versions.versions(observation)),
        number=before.entries[-1].run if before.entries else 0,
    )  # fmt: skip


def held(files: Mapping[str, bytes], estate: str) -> History | None:
    """What a bundle holds of earlier audits of its estate; None in one that was sealed without."""
    return history_lines.parsed(files[HISTORY], HISTORY, estate) if HISTORY in files else None


def of(kept: History, verdict: Verdict, observation: Observation) -> Past:
    """Against earlier looks; a defect is looked for in what was judged of the same evidence at any time."""
    before = history_lines.until(kept, entry_of(verdict, observation, kept), RUNS)
    entry = entry_of(verdict, observation, before)
    same = [each for each in before.entries if each.evidence == entry.evidence]
    return Past(before, history.compared(history_lines.earlier(before, entry.observed_at).now(), entry, same))


def lines(past: Past) -> Iterator[str]:
    """For the report: what changed, by key, and what each run came to."""
    yield "\n## Since earlier audits\n"
    if not past.history.entries and not past.history.known:
        yield "No earlier audit was kept, so it is not known what is new."
    else:
        yield from _changes(past.change)
    yield from (f"- DEFECT: {oneline(line)}" for line in past.change.defect)
    yield "\n## Runs, the newest last\n"
    yield "| looked at | judged as of | verdict | broken | could not look | waived | new | reopened | resolved |"
    yield "|---|---|---|---|---|---|---|---|---|"
    yield from (_row(change) for change in (*past.history.changes(), past.change))


def _changes(change: Change) -> Iterator[str]:
    yield ", ".join(f"{len(getattr(change, state))} {_WORDS.get(state, state)}" for state in _STATES) + ":\n"
    for state in _STATES:
        for key in getattr(change, state):
            since = f", first seen {change.first[key].at}" if state in ("reopened", "unchanged") else ""
            yield f"- {_WORDS.get(state, state)}: {oneline(key + since)}"


def _row(change: Change) -> str:
    entry, counts = change.entry, change.entry.counts
    told = (entry.observed_at, entry.judged_at, entry.conclusion)
    numbers = (counts.get(name, 0) for name in ("broken", "could_not_look", "waived"))
    states = (len(getattr(change, state)) for state in ("new", "reopened", "resolved"))
    return (
        "| "
        + " | ".join(map(str, (*(oneline(text).replace("|", "/") for text in told), *numbers, *states)))
        + " |"
    )
