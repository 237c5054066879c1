"""`compliance audit --watch`: one look a round, and of each only what changed since the one before.

A round begins when a file of policy has changed, or when its time has come, as an estate does not say that it did.
Nothing is written: a history of rounds would push out the audits that it is for. Ctrl-C ends it, as it ends the watch
of a sync (`sync.live`), whose sense of what a terminal is this shares.
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from compliance import audit as job
from compliance import probing
from compliance.core import aging, history, verdicts
from compliance.core.differing import Side, differences
from compliance.core.errors import ComplianceError, ConfigurationError
from compliance.core.oneline import oneline
from compliance.estate import config
from compliance.estate.observe import embedded_or_nothing
from compliance.sync import live
from compliance.talking import done, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Mapping

    from rich.console import Console

    from compliance.core.verdict import Verdict

EVERY = "60s"
_TICK = 0.5  # seconds between two looks at the times of files
_Stamps = dict[str, tuple[int, int, int]]
_STYLE = {"new": "red", "otherwise": "red", "resolved": "green", "unknown": "yellow"}


class Look(NamedTuple):
    """What one round came to; `messages`: of each finding."""

    side: Side
    messages: Mapping[str, str]


def watch(parsed: argparse.Namespace) -> NoReturn:
    """Until Ctrl-C, which the command line answers with 130. What is wrong at the start ends it at once."""
    if parsed.json or parsed.export or parsed.profile or parsed.fail_on or parsed.history:
        raise ConfigurationError(
            "--watch tells a person what changes;"
            " --json, --export, --profile, --fail-on and --history are of one audit",
            remedy="leave out one of the two; `compliance diff --json` compares two audits",
        )
    every = seconds(parsed.watch)
    file = probing.estate_file(parsed.estate)
    terminal, last, wrong = live.wanted(ci=False, json=False), None, ""
    with ExitStack() as stack:
        stack.enter_context(embedded_or_nothing(config.load(file)))  # or it would start and stop in each round
        before = stamps(parsed, file)
        said: list[str] = []
        while True:
            try:
                run = _look(parsed, file)
                found = _of(run)
                _tell(last, found, said, run)
                last, wrong = found, ""
            except ComplianceError as error:
                if last is None:
                    raise
                wrong = _complain(str(error), wrong)
            _status(terminal, every)
            before, said = _wait(parsed, file, before, None if parsed.observation else every)


def seconds(text: str) -> int:
    """Of '30s', '5m' or '1h'."""
    try:
        found = aging.seconds(text)
    except (ValueError, KeyError, IndexError):
        found = 0
    if found < 1:
        raise ConfigurationError(f"--watch {text}: is no time", remedy="such as 30s, 5m or 1h")
    return found


# --- one round -----------------------------------------------------------------------------------------------------


def _look(parsed: argparse.Namespace, file: Path) -> Verdict:
    say("looking")
    recorded = Path(parsed.observation) if parsed.observation else None
    return job.probe(probing.look(file, recorded, say, parsed.judged_at), report=say)


def _of(verdict: Verdict) -> Look:
    value = verdicts.document(verdict)
    outcomes = {f"{case['rule']}:{case['subject']}": case["outcome"] for case in value["cases"]}
    found = [each for case in value["cases"] for each in (*case["findings"], *case["waived"])]
    entry = history.entry(value, estate="", observed_at="", program="", number=0)
    return Look(Side("", entry, outcomes), {each["key"]: each["message"] for each in found})


def _tell(last: Look | None, found: Look, changed: Iterable[str], verdict: Verdict) -> None:
    """All of it the first time; then what changed, or nothing at all."""
    from rich.console import Console

    done()
    console = Console(highlight=False, soft_wrap=True)
    if last is None:
        from compliance.reporting.terminal import summary

        summary(verdict, (), {}, None, "a watch writes nothing", {})
    else:
        _changes(console, last, found, changed)
    sys.stdout.flush()


def _changes(console: Console, last: Look, found: Look, changed: Iterable[str]) -> None:
    other = differences(last.side, found.side)
    other["otherwise"] = [key for key in other["unchanged"] if found.messages[key] != last.messages[key]]
    if not (changed or other["changed"] or other["otherwise"]) and other["same"]:
        return
    at = datetime.now().astimezone().strftime("%H:%M:%S")
    console.print(f"{at}  {_head(other, ', '.join(changed))}", markup=False)
    for state, style in _STYLE.items():
        for key in other[state]:
            console.print(f"  {state:9} {oneline(key)}", style=style, markup=False)
            if state in ("new", "otherwise"):
                console.print(f"            {oneline(found.messages[key])}", markup=False)
    for line in _outcomes(other):
        console.print(f"  {oneline(line)}", markup=False)


def _head(other: dict[str, Any], files: str) -> str:
    """What changed first, and what it came to."""
    if not other["same"] or other["otherwise"]:
        return (f"{files} changed: " if files else "") + f"verdict: {other['to']['conclusion']}"
    return (
        f"{files} changed: nothing else did" if files else "the estate changed, and nothing that a rule minds"
    )


def _outcomes(other: dict[str, Any]) -> Iterator[str]:
    """Of cases of which no finding that is told above says the same."""
    told = {key for state in _STYLE for key in other[state]}
    for each in other["outcomes"]:
        if not any(key == each["case"] or key.startswith(f"{each['case']}#") for key in told):
            was, now = ((name or "no such case").replace("_", " ") for name in (each["from"], each["to"]))
            yield f"outcome   {each['case']}: {was} -> {now}"


def _complain(error: str, before: str) -> str:
    """Once, however often it is looked at meanwhile: whoever edits a policy has it broken for a time."""
    if error != before:
        done()
        print(f"compliance: {error}", file=sys.stderr, flush=True)  # noqa: T201 - it goes on
    return error


# --- between two rounds --------------------------------------------------------------------------------------------


def stamps(parsed: argparse.Namespace, file: Path) -> _Stamps:
    """Of every file that decides what is judged, as the estate's own file names them now."""
    places = [file, *([Path(parsed.observation)] if parsed.observation else [])]
    try:
        places += sorted(config.load(file).policy.rglob("*"))
    except ComplianceError:
        places += sorted(file.parent.rglob("*.yaml"))  # it is being edited: what it named may still be below
    return {str(place): stamp for place in places if (stamp := _stamp(place)) is not None}


def _stamp(place: Path) -> tuple[int, int, int] | None:
    try:
        found = place.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if place.is_file() else None


def _wait(
    parsed: argparse.Namespace, file: Path, before: _Stamps, every: int | None
) -> tuple[_Stamps, list[str]]:
    """Until a file is not as it was when the last round began, and stays so for a tick; or until it is time."""
    end = None if every is None else time.monotonic() + every
    now = stamps(parsed, file)
    while now == before and (end is None or time.monotonic() < end):
        time.sleep(_TICK)
        now = stamps(parsed, file)
    if now == before:
        return before, []
    while (settled := _later(parsed, file)) != now:
        now = settled
    return now, sorted({Path(name).name for name, _ in now.items() ^ before.items()})


def _later(parsed: argparse.Namespace, file: Path) -> _Stamps:
    time.sleep(_TICK)
    return stamps(parsed, file)


def _status(terminal: bool, every: int) -> None:
    if terminal:
        at = datetime.now().astimezone().strftime("%H:%M:%S")
        say(f"looked at {at}; again when policy changes, or after {every} s; Ctrl-C ends it")
