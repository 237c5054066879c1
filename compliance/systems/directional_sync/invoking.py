"""What starts the sync itself, as words of a command: by its names, as a module, by the drop-in of document 003."""

from __future__ import annotations

import re
from itertools import pairwise
from posixpath import basename, normpath
from typing import TYPE_CHECKING, NamedTuple

from compliance.systems.directional_sync import losing, pythonscript, scripts
from compliance.systems.directional_sync.shell import parsing as shell_parsing
from compliance.systems.directional_sync.shell.syntax import Simple, Unreadable, nodes

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGE = __name__.partition(".")[0]
# They run the command that follows them.
_BEFORE = re.compile(
    r"bash|sh|dash|exec|env|timeout|command|sudo|time|nice|nohup|python[\d.]*|uv|uvx|pipx|poetry|pdm|hatch|run|!"
)
_LOOKS = frozenset({"workflow", "secrets", "history", "dashboard", "skills", "connectors", "drift"})
_SHOWS = frozenset({"--list", "-h", "--help"})


class Invocation(NamedTuple):
    """A start of the program. `action`: the word behind `sync`; none: targets are run."""

    shown: str
    action: str | None
    arguments: tuple[str, ...]

    @property
    def runs(self) -> bool:
        """Does it run targets, or take back what a run has done?"""
        return self.action not in _LOOKS and not _SHOWS & {*self.arguments}

    @property
    def changes(self) -> bool:
        """A run that only pretends leaves everything as it is."""
        return self.runs and "--dry-run" not in self.arguments

    @property
    def drift_of(self) -> str | None:
        """The target whose two sides it counts."""
        if self.action != "drift":
            return None
        places = zip(("", *self.arguments), self.arguments, strict=False)
        names = [word for before, word in places if not word.startswith("-") and before != "--config"]
        return names[1] if len(names) > 1 else None


def in_shell(text: str, runner: str) -> list[Invocation]:
    """All of a script, in order, those within `bash -c` too; raises `Unreadable`."""
    found: list[Invocation] = []
    for node in nodes(shell_parsing.parse(text)):
        if isinstance(node, Simple) and node.words:
            words = losing.plain(node)
            found += filter(None, [invocation(words, runner)])
            for script in (after for word, after in pairwise(words) if _is_script(word)):
                found += in_shell(script, runner) if basename(words[0]) in ("bash", "sh", "dash") else []
    return found


def of_script(path: str, text: str, runner: str) -> list[Invocation]:
    """Of another script than the runner; what cannot be read is told elsewhere (DS003, DS004)."""
    if path == runner:
        return []
    if scripts.is_python(text):
        return in_python(text, runner)
    try:
        return in_shell(text, runner)
    except Unreadable:
        return []


def in_python(text: str, runner: str) -> list[Invocation]:
    """Of the processes that it starts by words that stand there."""
    return [found for words in pythonscript.started(text) if (found := invocation(words, runner))]


def invocation(words: Sequence[str], runner: str) -> Invocation | None:
    """What a command starts, if that is the sync."""
    for place, word in enumerate(words):
        rest, name = tuple(words[place + 1 :]), basename(word)
        if word.startswith("-") or "=" in word or word[:1].isdigit() or _BEFORE.fullmatch(name):
            continue
        if word.startswith(f"{PACKAGE}.sync"):
            return Invocation(word, None, rest)
        if name == "sync-directional" or (word and normpath(word) == normpath(runner)):
            return _invocation(word, rest)
        if name in (PACKAGE, f"{PACKAGE}.cli"):
            sync = rest.index("sync") if "sync" in rest else None
            ours = sync is not None and all(map(_of_option, ("", *rest), rest[:sync]))
            return _invocation(f"{PACKAGE} sync", rest[sync + 1 :]) if sync is not None and ours else None
        return None
    return None


def _invocation(shown: str, arguments: tuple[str, ...]) -> Invocation:
    action = next((word for word in arguments if word in _LOOKS | {"rollback"}), None)
    before = arguments[: arguments.index(action)] if action else ()
    if any(word.startswith("--target") for word in before):
        action = None
    return Invocation(shown, action, arguments)


def _of_option(before: str, word: str) -> bool:
    return word.startswith("-") or (before.startswith("-") and "=" not in before)


def _is_script(word: str) -> bool:
    return word.startswith("-") and not word.startswith("--") and word.endswith("c")
