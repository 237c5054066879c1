"""Which commands start the sync, and of which targets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from posixpath import basename, normpath
from typing import TYPE_CHECKING

from compliance.systems.directional_sync.shell.syntax import UNKNOWN, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compliance.systems.directional_sync.syncfile import SyncFile

# The names of the runner: of the document, and of this program.
_RUNNERS = ("sync_directional.py", "sync-directional")
_PYTHON = re.compile(r"python[0-9.]*|pypy[0-9.]*|bash|sh")
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)
# What runs the command behind it. `timeout` has a word of its own first.
_BEFORE = ("env", "sudo", "nice", "nohup", "time", "command", "exec", "timeout", "stdbuf", "ionice")
_RUN = ("uv", "poetry", "pipenv", "hatch", "pdm")
# What reads a file and does not run it.
_READS = frozenset(
    (
        "git", "chmod", "ls", "cat", "grep", "head", "tail", "test", "stat", "wc", "cp", "mv", "rm", "diff",
        "file", "ruff", "mypy", "black", "flake8", "pylint", "shellcheck", "echo", "printf", "sed", "awk", "touch",
        "sha256sum", "pip", "pip3", "jq", "find", "tee", "sort", "install", "ln", "du",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Started:
    """What one command starts. `unknown`: names and globs that no target has; `summary`: where it writes it; of an
    entrypoint that is started itself nowhere, which is an empty text."""

    targets: frozenset[str]
    dry: bool
    summary: str | None
    unknown: tuple[str, ...]


class Starts:
    """Reads commands by the targets there are."""

    def __init__(self, found: SyncFile) -> None:
        self.targets = found.targets
        self.entrypoints: dict[str, set[str]] = {}
        for target in found.targets.values():
            if target.entrypoint is not None:
                self.entrypoints.setdefault(normpath(target.entrypoint), set()).add(target.name)
        names = (*_RUNNERS, r"compliance\b", *self.entrypoints)
        self._named = re.compile("|".join(name if "\\" in name else re.escape(name) for name in names))

    def named(self, text: str) -> bool:
        """Does it speak of the runner, or of an entrypoint?"""
        return self._named.search(text) is not None

    def read(self, words: Sequence[str]) -> Started | None:
        """None: it starts nothing. Raises `Unreadable` where that cannot be told."""
        rest = list(_unwrapped(words))
        if not rest:
            return None
        if basename(rest[0]) == "compliance" or rest[:2] == ["-m", "compliance.cli"]:
            rest = rest[2 if rest[0] == "-m" else 1 :]
            return self._options(rest[1:]) if rest[:1] == ["sync"] and rest[1:2] != ["workflow"] else None
        if basename(rest[0]) in _RUNNERS:
            return self._options(rest[1:])
        if (names := self.entrypoints.get(normpath(rest[0]))) is not None:
            return Started(frozenset(names), False, "", ())
        self._refuse(words, rest)
        return None

    def _refuse(self, words: Sequence[str], rest: Sequence[str]) -> None:
        """Behind a command that is not known the runner may be started, or only looked at."""
        if rest[0] == UNKNOWN or (words[0] == UNKNOWN and not rest[0].startswith("-")):
            raise Unreadable("which command it runs only a run can tell")
        if basename(rest[0]) not in _READS and rest[0] != "-m":
            for word in rest[1:]:
                if basename(word) in _RUNNERS or normpath(word) in self.entrypoints:
                    raise Unreadable(f"whether '{rest[0]}' runs {word} cannot be told")

    def _options(self, words: Sequence[str]) -> Started | None:
        patterns: list[str] = []
        direction = summary = None
        dry = False
        for name, value in _pairs(words):
            match name:
                case "--target" | "-t":
                    patterns.append(value)
                case "--direction":
                    direction = value
                case "--summary-json":
                    summary = value
                case "--dry-run":
                    dry = True
                case "--list" | "--help" | "-h":
                    return None
                case _ if name.startswith(UNKNOWN):
                    raise Unreadable("the options of the runner only a run can tell")
        if any(UNKNOWN in value for value in (*patterns, direction or "")):
            raise Unreadable("the targets of the runner only a run can tell")
        found, unknown = self._chosen(patterns)
        return Started(
            frozenset(name for name in found if direction in (None, "", self.targets[name].direction)),
            dry, summary, unknown,
        )  # fmt: skip

    def _chosen(self, patterns: Sequence[str]) -> tuple[set[str], tuple[str, ...]]:
        if not patterns:
            return set(self.targets), ()
        found: set[str] = set()
        unknown = []
        for pattern in patterns:
            matching = {name for name in self.targets if fnmatchcase(name, pattern)}
            found |= matching
            if not matching:
                unknown.append(pattern)
        return found, tuple(unknown)


def _unwrapped(words: Sequence[str]) -> Sequence[str]:
    """Without what stands before the command itself: `env X=1 timeout 60 python3 -u`."""
    rest = list(words)
    while rest:
        name = basename(rest[0])
        if name in _BEFORE:
            rest = _skipped(rest[1:])
            if name == "timeout":
                rest = rest[1:]
        elif name in _RUN and rest[1:2] == ["run"]:
            rest = _skipped(rest[2:])
        elif _PYTHON.fullmatch(name):
            rest = rest[1:]
            while rest and rest[0].startswith("-") and rest[0] not in ("-m", "-c"):
                rest = rest[1:]
            return rest
        else:
            return rest
    return rest


def _skipped(words: list[str]) -> list[str]:
    while words and (words[0].startswith("-") or _SETTING.fullmatch(words[0])):
        words = words[1:]
    return words


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Options and their values; one that stands several times, and one with several values, give one each."""
    name = ""
    for word in words:
        if word.startswith("-") and len(word) > 1:
            name, sign, value = word.partition("=")
            if sign or name in (
                "--dry-run",
                "--list",
                "--help",
                "-h",
                "--ci",
                "--verify",
                "--verbose",
                "--json",
            ):
                yield name, value
        elif name:
            yield name, word
        elif word.startswith(UNKNOWN):
            yield word, ""
