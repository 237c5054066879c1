"""`--watch`: what each target is at, as a table that stays below the lines of the run (document 003, roadmap:
'Real-time sync monitoring'). On a terminal alone; elsewhere the lines say it."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.sync.repository import shown
from compliance.sync.telling import Teller

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compliance.sync.model import Outcome
    from compliance.systems.directional_sync.syncfile import Target

_A_SECOND = 5  # times that it is drawn
_AROUND = 5  # lines beside the targets: head, rules, what is left out, and one below
_COLOURS = {"failed": "red", "landed": "green", "unchanged": "green", "skipped": "yellow", "waiting": "dim"}
_OVER = ("ready", "failed")  # at rest: it lands, or is told, when those before it have
_ENDED = ("failed", "skipped", "landed", "unchanged")
_FIRST = ("running", "checking", "ready", "failed", "skipped", "waiting", "landed", "unchanged")


def wanted(*, ci: bool, json: bool) -> bool:
    """Is there a terminal to show it on, and somebody before it?"""
    return sys.stdout.isatty() and not ci and not json and os.environ.get("TERM") not in (None, "", "dumb")


class _Row(NamedTuple):
    """`began`: by the clock of this process; `seconds`: in the end."""

    state: str
    detail: str = ""
    line: str = ""
    began: float | None = None
    seconds: float | None = None


class LiveTeller(Teller):
    """Says all that a teller says, above the table."""

    hears = True

    def __init__(self, *, file: str, verbose: bool) -> None:
        super().__init__(file=file, ci=False, verbose=verbose, json=False)
        self.lock = RLock()  # it is drawn by a thread of its own
        self.rows: dict[str, _Row] = {}
        self.targets: dict[str, Target] = {}

    @contextmanager
    def shown(self, targets: Sequence[Target]) -> Iterator[None]:
        """Until the run is over; the cursor and the screen are given back, however it ends."""
        from rich.console import Console
        from rich.live import Live

        self.targets = {target.name: target for target in targets}
        self.rows = {target.name: _Row("waiting") for target in targets}
        console = Console(file=sys.stdout, highlight=False)
        with Live(
            console=console,
            get_renderable=lambda: self.table(console.height),
            refresh_per_second=_A_SECOND,
            transient=True,
        ):
            yield

    def state(self, target: str, state: str) -> None:
        with self.lock:
            row, now = self.rows[target], time.monotonic()
            word, _, detail = state.partition(" ")
            began = now if row.began is None else row.began
            over = now - began if word in _OVER else None
            self.rows[target] = row._replace(state=word, detail=detail, began=began, seconds=over)

    def line(self, target: str, text: str) -> None:
        with self.lock:
            self.rows[target] = self.rows[target]._replace(line=text)

    def outcome(self, outcome: Outcome) -> None:
        with self.lock:
            self.rows[outcome.target] = _Row(_word(outcome), "", outcome.message, None, outcome.duration)
        super().outcome(outcome)

    def table(self, height: int) -> Any:
        """As many as there is room for: who is at work first, who is done last."""
        from rich.table import Table
        from rich.text import Text

        made = Table(box=None, expand=True, pad_edge=False, caption_justify="left")
        made.add_column("target", no_wrap=True, ratio=3)
        made.add_column("state", no_wrap=True, ratio=3)
        made.add_column("seconds", justify="right", no_wrap=True, width=8)
        made.add_column("last line", no_wrap=True, ratio=6)
        with self.lock:
            rows = sorted(self.rows.items(), key=lambda item: _FIRST.index(item[1].state))
            for name, row in rows[: max(1, height - _AROUND)]:
                state, colour = self._state(name, row), _COLOURS.get(row.state, "cyan")
                cells = (name, state, _seconds(row), " ".join(map(shown, row.line.split("\n"))))
                made.add_row(*(Text(c, style=colour if n == 1 else "") for n, c in enumerate(cells)))
            made.caption = Text(_counted([row.state for _, row in rows]))
        return made

    def _state(self, name: str, row: _Row) -> str:
        if row.state == "waiting":
            needed = [
                n for n in self.targets[name].depends_on if n in self.rows and self.rows[n].seconds is None
            ]
            return f"waiting for {', '.join(needed)}" if needed else "waiting"
        return f"{row.state} {row.detail}".strip()


def _word(outcome: Outcome) -> str:
    if not outcome.ran:
        return "skipped"
    if not outcome.success:
        return "failed"
    return "landed" if outcome.commit or outcome.changed or outcome.drift else "unchanged"


def _seconds(row: _Row) -> str:
    if row.seconds is not None:
        return f"{row.seconds:.1f}"
    return "" if row.began is None else f"{time.monotonic() - row.began:.1f}"


def _counted(states: Sequence[str]) -> str:
    return " · ".join(f"{states.count(state)} {state}" for state in _FIRST if state in states)
