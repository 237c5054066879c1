"""Where a shell loses that something failed: `|| true`, `; true`, a pipe, `find … -exec … \\;`, the rounds of a loop.

What bash itself would do is followed, by its parsed commands; what cannot be read is nothing that anybody vouches for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from compliance.systems.directional_sync.shell import parsing as shell_parsing
from compliance.systems.directional_sync.shell.syntax import (
    Calculation,
    Case,
    For,
    Function,
    Group,
    If,
    Output,
    Simple,
    Unreadable,
    While,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence as Some

    from compliance.systems.directional_sync.shell.syntax import (
        Assignment,
        Chain,
        Command,
        Pipeline,
        Sequence,
        Word,
    )

SPEAKS = frozenset({"true", ":", "echo", "printf", "sleep"})
# How these end says something that is no failure, so that a script may disregard it.
_ANSWERS = frozenset({"grep", "diff", "cmp", "kill", "rm", "rmdir", "test", "[", "read", "let"})
_QUIET = (
    frozenset(
        {"set", "shopt", "trap", "export", "local", "readonly", "declare", "unset", "umask", "cd", "mkdir"}
    )
    | SPEAKS
)
_TELLS = SPEAKS | {"basename", "cd", "date", "dirname", "hostname", "id", "nproc", "pwd", "uname", "whoami"}
_ENDS_WELL = re.compile(r"\bexit\s+0\b")
_COMPARES = (" > ", " < ", " >= ", " <= ", " == ", " != ")


@dataclass(frozen=True, slots=True)
class Mode:
    """What bash was told to end at: a failure (`-e`), an unset variable (`-u`), a failure within a pipe."""

    errexit: bool = False
    nounset: bool = False
    pipefail: bool = False

    def told(self, words: Some[str]) -> Mode:
        """After `set` with these words."""
        found, signs = self, {"e": "errexit", "u": "nounset"}
        for place, word in enumerate(words):
            if word[:1] not in "-+" or not word:
                continue
            on = word[0] == "-"
            names = [signs[sign] for sign in word[1:] if sign in signs]
            if word.endswith("o") and place + 1 < len(words):
                names.append(words[place + 1])
            found = replace(found, **{name: on for name in names if name in Mode.__dataclass_fields__})
        return found


@dataclass(frozen=True, slots=True)
class Loss:
    """What goes unseen, and in which line of the script."""

    reason: str
    line: int


def lost(text: str, mode: Mode) -> list[Loss]:
    """All of a script; raises `Unreadable`."""
    return list(dict.fromkeys(_sequence(shell_parsing.parse(text), mode, last=True)))


def constant(text: str) -> int | None:
    """How it always ends, where nothing that it runs can end in two ways."""
    chains = shell_parsing.parse(text).chains
    codes = [_constant(pipeline) for chain in chains for _, pipeline in chain.items]
    return codes[-1] if codes and None not in codes else None


def mode_of(text: str) -> Mode:
    """What a script tells bash before it does anything else."""
    found = Mode()
    for chain in shell_parsing.parse(text).chains:
        words = _first(chain)
        if words[:1] != ["set"]:
            break
        found = found.told(words[1:])
    return found


def plain(command: Command) -> list[str]:
    """The words of a simple command; of one that is expanded, nothing is known."""
    return [word.plain or "" for word in command.words] if isinstance(command, Simple) else []


def _first(chain: Chain) -> list[str]:
    (_, pipeline), *rest = chain.items
    return [] if rest or len(pipeline.commands) > 1 else plain(pipeline.commands[0])


def _sequence(found: Sequence, mode: Mode, *, last: bool) -> Iterator[Loss]:
    """`last`: how the last of them ends is how the whole ends."""
    chains = found.chains
    for place, chain in enumerate(chains):
        words = _first(chain)
        if words[:1] == ["set"]:
            after = mode.told(words[1:])
            if (mode.errexit and not after.errexit) or (mode.pipefail and not after.pipefail):
                yield Loss(f"'{' '.join(words)}' lets it go on after a failure", chain.items[0][1].line)
            mode = after
        if words == ["exit", "0"] and any(_does(later) for later in chains[place + 1 :]):
            yield Loss("'exit 0' ends it well before what stands behind it", chain.items[0][1].line)
        yield from _chain(chain, mode, decides=last and place == len(chains) - 1)


def _does(chain: Chain) -> bool:
    """Is it more than the words of a function?"""
    return any(
        not isinstance(command, Function) for _, pipeline in chain.items for command in pipeline.commands
    )


def _chain(chain: Chain, mode: Mode, *, decides: bool) -> Iterator[Loss]:
    line = chain.items[0][1].line
    if chain.background:
        yield Loss("'&' waits for nothing, so that nobody sees how it ends", line)
    for (_, left), (sign, right) in zip(chain.items, chain.items[1:], strict=False):
        if sign == "||" and _constant(right) == 0 and not _answers(left):
            yield Loss(f"'|| {_shown(right)}' turns a failure into a success", right.line)
    if mode.errexit and not decides and chain.items[-1][0] == "&&" and not _answers(chain.items[0][1]):
        yield Loss(f"before '&&' a failure of '{_shown(chain.items[0][1])}' does not end it, -e or not", line)
    if not (decides or mode.errexit or _quiet(chain) or _leaves(chain)):
        yield Loss(f"how '{_shown(chain.items[-1][1])}' ends is lost behind the next command", line)
    for _, pipeline in chain.items:
        if len(pipeline.commands) > 1 and not mode.pipefail:
            yield Loss("of a pipe only the last command tells how it ended: pipefail is not set", pipeline.line)
        for command in pipeline.commands:
            yield from _command(command, mode, decides=decides)


def _command(command: Command, mode: Mode, *, decides: bool) -> Iterator[Loss]:
    if isinstance(command, Simple):
        yield from _simple(command)
    elif isinstance(command, For | While):
        if not mode.errexit and not all(_leaves(chain) or _quiet(chain) for chain in command.body.chains):
            yield Loss("of a loop only the last round tells how it ended", command.line)
        yield from _sequence(command.body, mode, last=True)
    elif isinstance(command, Function):
        yield from _command(command.body, mode, decides=True)
    else:
        bodies = list(_bodies(command))
        for body in bodies:
            yield from _sequence(body, mode, last=decides)
        if isinstance(command, If) and all(map(_speaks, bodies)) and not _asks(command):
            yield Loss("'if' only says that something failed, and ends well", command.line)


def _bodies(command: Command) -> Iterator[Sequence]:
    if isinstance(command, If):
        yield from (body for _, body in command.branches)
        yield from [command.otherwise] if command.otherwise else []
    elif isinstance(command, Case):
        yield from (body for _, body, _ in command.items)
    elif isinstance(command, Group):
        yield command.body


def _simple(command: Simple) -> Iterator[Loss]:
    words = plain(command)
    if words[:1] == ["find"] and {"-exec", "-execdir"} & set(words) and ";" in words:
        yield Loss("'find … -exec … \\;' ends well whatever its commands do; '+' or xargs tells", command.line)
    if words[:1] in (["export"], ["local"], ["declare"], ["readonly"]) and any(
        map(_may_fail, command.assignments)
    ):
        yield Loss(f"'{words[0]} NAME=$(…)' ends well however the command in it ends", command.line)
    if words[:1] == ["trap"] and {"EXIT", "ERR", "0"} & {*words[2:]} and _ENDS_WELL.search(words[1]):
        yield Loss("'trap' turns every end into a success", command.line)
    if words[:1] == ["jq"] and not _asks_for_code(words) and any(s in w for w in words for s in _COMPARES):
        yield Loss("'jq' without -e prints false and ends well", command.line)


def _asks_for_code(words: Some[str]) -> bool:
    return any(
        word == "--exit-status" or (word[:1] == "-" and word[:2] != "--" and "e" in word) for word in words[1:]
    )


def _constant(pipeline: Pipeline) -> int | None:
    words = plain(pipeline.commands[-1]) if len(pipeline.commands) == 1 else []
    name = words[0] if words else ""
    if name in SPEAKS:
        found = 0
    elif name == "false":
        found = 1
    elif name in ("exit", "return") and len(words) > 1 and words[1].isdigit():
        found = int(words[1])
    else:
        return None
    return int(not found) if pipeline.negated else found


def _answers(pipeline: Pipeline) -> bool:
    """Of a pipe it is the last command that is meant."""
    command = pipeline.commands[-1]
    if isinstance(command, Simple):
        return plain(command)[:1] != [] and plain(command)[0] in _ANSWERS
    return isinstance(command, Calculation) or not isinstance(command, If | For | While | Case | Group)


def _leaves(chain: Chain) -> bool:
    """`… || exit 1`, and what leads there in braces: a failure is no longer behind it."""
    sign, pipeline = chain.items[-1]
    if sign == "||" and _constant(pipeline) == 0:
        return True  # told of already, or an answer that a script may disregard
    if sign == "" and isinstance(pipeline.commands[-1], If):
        return True  # what is lost in it is told of its parts
    return sign == "||" and any(_exits(command) for command in pipeline.commands)


def _exits(command: Command) -> bool:
    if isinstance(command, Group):
        return any(_exits(part) for chain in command.body.chains for _, p in chain.items for part in p.commands)
    return plain(command)[:1] in (["exit"], ["return"]) and plain(command)[1:] != ["0"]


def _quiet(chain: Chain) -> bool:
    """What nobody looks for a failure in: settings, and texts."""
    return all(_is_quiet(command) for _, pipeline in chain.items for command in pipeline.commands)


def _is_quiet(command: Command) -> bool:
    if isinstance(command, Function | Calculation):
        return True
    words = plain(command)
    if not words and isinstance(command, Simple):
        return not any(_runs(assignment.value) for assignment in command.assignments)
    return bool(words) and (words[0] in _QUIET - {"cd", "mkdir"} or words[0] in ("exit", "return"))


def _runs(word: Word | None) -> bool:
    return word is not None and word.plain is None and any(hasattr(part, "body") for part in word.parts)


def _may_fail(assignment: Assignment) -> bool:
    """`$(date)` and its like do not fail."""
    word = assignment.value
    bodies = [part.body for part in word.parts if isinstance(part, Output)] if word is not None else []
    chains = (chain for body in bodies for chain in body.chains)
    commands = (command for chain in chains for _, pipeline in chain.items for command in pipeline.commands)
    return any((plain(command)[:1] or [""])[0] not in _TELLS for command in commands)


def _speaks(body: Sequence) -> bool:
    return all(_constant(pipeline) == 0 for chain in body.chains for _, pipeline in chain.items)


def _asks(command: If) -> bool:
    """A question such as `[ -f x ]`, whose answer no is no failure."""
    conditions = [
        pipeline for sequence, _ in command.branches for c in sequence.chains for _, pipeline in c.items
    ]
    return all(map(_answers, conditions))


def _shown(pipeline: Pipeline) -> str:
    words = plain(pipeline.commands[-1])
    return " ".join(words)[:40] or type(pipeline.commands[-1]).__name__.lower()


__all__ = ["Loss", "Mode", "Unreadable", "constant", "lost", "mode_of", "plain"]
