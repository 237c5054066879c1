"""What runs are in the history, read by one git; and how long targets take (document 003, roadmap: P95/P99).

A percentile is the nearest rank: the shortest duration that at least so many of a hundred keep. Of fewer runs than it
takes for that to be another one than the longest there is none.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.errors import ConfigurationError, Refused
from compliance.sync.recording import FILE, REF
from compliance.sync.repository import environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

PERCENTILES = (50, 95, 99)
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_OBJECT = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})?")
_ABBREVIATED = 7  # signs of a commit that name it, as git has it


@dataclass(frozen=True, slots=True)
class Past:
    """A run as it was recorded. `facts`: by target what was true of it then."""

    commit: str
    kind: str
    rolls_back: str | None
    killed: bool
    by: Mapping[str, Any]
    head: Mapping[str, str]
    state: Mapping[str, str]
    facts: Mapping[str, Mapping[str, Any]]
    summary: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Short, in the order of time, and of this record alone."""
        return "".join(sign for sign in self.when if sign not in "-:") + "-" + self.commit[:4]

    @property
    def when(self) -> str:
        return str(self.summary["timestamp"])

    @property
    def results(self) -> Sequence[Mapping[str, Any]]:
        found: Sequence[Mapping[str, Any]] = self.summary["results"]
        return found

    @property
    def commits(self) -> int:
        return sum(result["commit"] is not None for result in self.results)


def read(root: Path, limit: int | None = None) -> tuple[Past, ...]:
    """The newest first."""
    return tuple(islice(each(root), limit))


def each(root: Path) -> Iterator[Past]:
    """The newest first, read as they are asked for."""
    with subprocess.Popen(
        ["git", "cat-file", "--batch"],  # noqa: S607 - the user's own git
        cwd=root, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    ) as git:  # fmt: skip
        _ask(git, REF)
        commit = _answer(git)
        while commit is not None:
            oid, text = commit
            headers = text.partition(b"\n\n")[0].decode(errors="replace").split("\n")
            parent = next((line.split()[1] for line in headers if line.startswith("parent ")), None)
            # Both at once: while one is read here, git looks for the other.
            _ask(git, f"{oid}:{FILE}", *([parent] if parent else []))
            record = _answer(git)
            commit = _answer(git) if parent else None
            yield _past(oid, record)


def _ask(git: subprocess.Popen[bytes], *names: str) -> None:
    assert git.stdin is not None
    git.stdin.write("".join(f"{name}\n" for name in names).encode())
    git.stdin.flush()


def _answer(git: subprocess.Popen[bytes]) -> tuple[str, bytes] | None:
    """An object and its name; None where it is not there, as behind the end of a shallow clone."""
    assert git.stdout is not None
    said = git.stdout.readline().split()
    if len(said) != 3:
        return None
    return said[0].decode(), git.stdout.read(int(said[2]) + 1)[:-1]


def _past(commit: str, found: tuple[str, bytes] | None) -> Past:
    try:
        whole = json.loads(found[1] if found else b"")
        past = Past(
            commit, whole["kind"], whole["rolls_back"], whole["killed"], whole["by"], whole["head"], whole["state"],
            whole["targets"], whole["summary"],
        )  # fmt: skip
        _check(past)
    except (ValueError, LookupError, TypeError):
        raise Refused(
            f"{REF}: the record {commit[:10]} is not what this program writes",
            remedy=f"fetch {REF} again from where it is kept, or delete it (`git update-ref -d {REF}`) to begin anew",
        ) from None
    return past


def _check(past: Past) -> None:
    """Whoever may push may write a record. Raises where what is read of it is of another form."""
    if not _STAMP.fullmatch(past.when):
        raise ValueError
    datetime.fromisoformat(past.when)
    numbers = [past.summary[name] for name in ("successful", "failed", "total_duration")]
    texts = []
    for result in past.results:
        numbers.append(result["duration"])
        texts += [result["target"], result["message"], result["output"], result["commit"] or ""]
    names = [result["commit"] or "" for result in past.results]
    names += [each[when] or "" for each in (past.state, past.head) for when in ("before", "after")]
    if not all(isinstance(name, str) and _OBJECT.fullmatch(name) for name in names):
        raise ValueError  # git would be asked for it, and may take it for an option
    if not all(isinstance(n, int | float) for n in numbers) or not all(isinstance(t, str) for t in texts):
        raise TypeError


def find(runs: Sequence[Past], name: str) -> Past:
    """By its id, the beginning of one, or its commit."""
    found = [
        r for r in runs if r.id.startswith(name) or (len(name) >= _ABBREVIATED and r.commit.startswith(name))
    ]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(f"{run.id} ({run.commit[:10]})" for run in found[:5])
        raise ConfigurationError(f"{name}: may be {listed}", remedy="name it whole, or by its commit")
    raise ConfigurationError(f"{name}: no such run in the history", remedy="list them: compliance sync history")


def chosen(run: Past, patterns: Sequence[str]) -> list[Mapping[str, Any]]:
    """Its results, of the targets that are named."""
    return [r for r in run.results if not patterns or any(fnmatchcase(r["target"], p) for p in patterns)]


class Stats(NamedTuple):
    """Of one target. `failures`: those too that did not run at all; `samples`: durations of those that went well."""

    target: str
    runs: int
    failures: int
    samples: tuple[float, ...]

    def percentile(self, percent: int) -> float | None:
        return percentile(self.samples, percent)


def stats(runs: Sequence[Past], patterns: Sequence[str] = ()) -> list[Stats]:
    """By name; rollbacks run none of the targets' scripts, and count for nothing."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for run in reversed(runs):
        for result in chosen(run, patterns) if run.kind == "sync" else ():
            found.setdefault(result["target"], []).append(result)
    return [
        Stats(
            name, len(results), sum(not r["success"] for r in results),
            tuple(r["duration"] for r in results if r["success"] and r["ran"]),
        )
        for name, results in sorted(found.items())
    ]  # fmt: skip


def percentile(samples: Sequence[float], percent: int) -> float | None:
    """Nearest rank; None where there are too few."""
    if len(samples) < needed(percent):
        return None
    return sorted(samples)[-(-percent * len(samples) // 100) - 1]


def needed(percent: int) -> int:
    """Samples, so that not each percentile is the longest."""
    return -(-100 // (100 - percent))
