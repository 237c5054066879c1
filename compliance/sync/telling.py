"""What a run says: a line a target, for a person; annotations where GitHub shows them beside the file."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.sync.listening import Listener
from compliance.sync.repository import shown
from compliance.talking import write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compliance.sync.model import Outcome, Run
    from compliance.systems.directional_sync.syncfile import Target

_PLACE = re.compile(r"(?P<file>[^\n:]+):(?P<line>\d+): (?P<message>.*)", re.DOTALL)


class Teller(Listener):
    """`file`: of the targets, as the repository names it; with `json`, standard output is for the summary alone."""

    def __init__(self, *, file: str, ci: bool, verbose: bool, json: bool) -> None:
        self.file, self.ci, self.verbose, self.json = file, ci, verbose, json

    @contextmanager
    def shown(self, targets: Sequence[Target]) -> Iterator[None]:  # noqa: ARG002 - for those that show more
        """While the targets are at work."""
        yield

    def outcome(self, outcome: Outcome) -> None:
        """As soon as it stands."""
        self._line(
            f"{'ok    ' if outcome.success else 'FAILED'} {outcome.target} ({outcome.direction}): {_said(outcome)}"
        )
        for check in outcome.checks:
            if check.skipped is not None:
                self._line(f"       skipped: {check.name}: {check.skipped}")
            if check.kind == "secrets" and check.passed and check.detail:
                self._line(f"       baseline: {check.detail}")
        for line in outcome.drift:
            self._line(f"       drift: {line}")
        if outcome.diff:
            self._quoted(outcome.diff)
        if outcome.output and (self.verbose or not outcome.success):
            self._quoted(outcome.output)
        if self.ci and not outcome.success:
            self.annotate(f"{outcome.target}: {outcome.message}", outcome.file or self.file, outcome.line)

    def end(self, run: Run) -> None:
        good = sum(outcome.success for outcome in run.outcomes)
        checks = (*run.checks, *(check for outcome in run.outcomes for check in outcome.checks))
        skipped = sum(check.skipped is not None for check in checks)
        told = f"{good} of {len(run.outcomes)} targets succeeded, {len(run.outcomes) - good} failed"
        told += f", {skipped} checks were skipped" if skipped else ""
        told += " (dry run: nothing was changed)" if run.options.dry_run else ""
        self._line(f"{told}, {run.duration:.1f} s" + (", interrupted" if run.interrupted else ""))

    def say(self, text: str) -> None:
        self._line(text)

    def warn(self, text: str) -> None:
        """What is no part of the result: beside it."""
        sys.stderr.write(f"{_plain(f'warning: {text}')}\n")

    def annotate(self, message: str, file: str | None = None, line: int | None = None) -> None:
        """`::error file=…,line=…::…`, which GitHub shows beside the line."""
        place = [f"file={_property(_here(file))}"] if file else []
        place += [f"line={line}"] if file and line else []
        stream = sys.stderr if self.json else sys.stdout
        stream.write(f"::error {','.join(place)}::{_data(message)}\n".replace("::error ::", "::error::", 1))

    def error(self, message: str) -> None:
        """Of the whole run; the place of a configuration error stands before its message."""
        match = _PLACE.fullmatch(message)
        if match:
            self.annotate(match["message"], match["file"], int(match["line"]))
        else:
            self.annotate(message)

    def _line(self, text: str) -> None:
        text = "\n".join(_plain(part) for part in text.split("\n"))
        if self.json:
            sys.stderr.write(text + "\n")
        else:
            write(text)

    def _quoted(self, text: str) -> None:
        """Behind a bar: what a command says must not be read as a command to GitHub."""
        for line in text.splitlines():
            self._line(f"       | {line}")


def _said(outcome: Outcome) -> str:
    commit = f", commit {outcome.commit[:10]}" if outcome.commit else ""
    return f"{outcome.message}{commit} ({outcome.duration:.1f} s)"


def _here(file: str) -> str:
    """As GitHub knows it: from the top of the repository, where a workflow starts this."""
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file


def _plain(line: str) -> str:
    """No sign of control, and none of the words by which GitHub takes a line for a command."""
    line = line.replace("##[", "## [")
    line = shown(line) if not line.isprintable() else line
    return f"| {line}" if line.lstrip().startswith("::") else line


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def listing(targets: Sequence[Target]) -> str:
    """`--list`: name, direction, schedule and description, in columns."""
    rows = [(t.name, t.direction, t.schedule or "-", t.description) for t in targets]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join([*(row[n].ljust(widths[n]) for n in range(3)), _plain(row[3].replace("\n", " "))])
        for row in rows
    )
