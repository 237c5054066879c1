"""What a script is, and where it loses that it failed: one that ends well tells the runner that all is well."""

from __future__ import annotations

import re
from posixpath import normpath
from typing import TYPE_CHECKING

from compliance.core.finding import Finding, Judgement, Unseen
from compliance.systems.directional_sync import looking, losing, pythonscript
from compliance.systems.directional_sync.losing import Loss, Unreadable
from compliance.systems.directional_sync.shell import parsing as shell_parsing
from compliance.systems.directional_sync.shell.syntax import (
    Calculation,
    Case,
    For,
    Function,
    Group,
    If,
    Simple,
    Sum,
    Variable,
    While,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from compliance.systems.directional_sync.shell.syntax import Command
    from compliance.systems.directional_sync.shell.syntax import Sequence as Commands
    from compliance.systems.protocol import Facts

_SHELLS = frozenset({"bash", "sh", "dash", "ksh", "zsh"})
_STARTS = frozenset(
    {*_SHELLS, "exec", "source", ".", "python", "python3", "env", "timeout", "command", "sudo", "time"}
)
_SAID = re.compile(
    r"^#![ \t]*(?:\S*/)?(?:env[ \t]+(?:-S[ \t]*)?(?:\S+=\S+[ \t]+)*)?(?:\S*/)?([\w.+-]+)[ \t]*(.*)"
)


def language(text: str) -> tuple[str, str]:
    """What its first line names, and what it is told there: `bash`, `-eu`; nothing where it names none."""
    match = _SAID.match(text.partition("\n")[0])
    return (match[1], match[2].strip()) if match else ("", "")


def scripts_fail_when_they_fail(facts: Facts) -> Iterator[Judgement]:
    """Each entrypoint, and the scripts that it starts in turn."""
    texts = looking.texts(facts)
    for declared, target in looking.here(facts):
        if target.entrypoint is None:
            continue
        if target.entrypoint not in texts:
            yield Unseen(declared.name, f"{target.entrypoint} is no text that was looked at")
            continue
        for path in reached([target.entrypoint], texts):
            yield from judged(declared.name, path, texts[path])


def judged(subject: str, path: str, text: str) -> Iterator[Judgement]:
    """All that a script loses, each once."""
    try:
        losses = losses_of(text)
    except Unreadable as error:
        yield Unseen(subject, f"{path}:{error.line}: {error.reason}")
        return
    if losses is None:
        yield Unseen(subject, f"{path} is neither a script of a shell nor one of Python")
        return
    for loss in losses:
        yield Finding(subject, f"{path}:{loss.line}: {loss.reason}", f"{path}-{loss.reason}")


def losses_of(text: str) -> list[Loss] | None:
    """None where nobody can tell: another language."""
    name, options = language(text)
    if is_python(text):
        return pythonscript.lost(text)
    if name not in _SHELLS:
        return None
    told, first = losing.Mode().told(options.split()), losing.mode_of(text)
    mode = losing.Mode(
        told.errexit or first.errexit, told.nounset or first.nounset, told.pipefail or first.pipefail
    )
    return [*_unset(mode, name), *losing.lost(text, told), *_counted(shell_parsing.parse(text))]


def is_python(text: str) -> bool:
    name, _ = language(text)
    return name.startswith("python") or (not name and text.lstrip().startswith(("import ", "from ", '"""')))


def _unset(mode: losing.Mode, name: str) -> Iterator[Loss]:
    if not mode.errexit:
        yield Loss("does not end at a failure: set -e", 1)
    if not mode.nounset:
        yield Loss("takes a variable that is not set for an empty one: set -u", 1)
    if not mode.pipefail and name == "bash":
        yield Loss("does not see what fails in a pipe: set -o pipefail", 1)


def _counted(found: Commands) -> list[Loss]:
    """Names that are set in the loop behind a pipe, which is a subshell, and asked for after it."""
    losses: list[Loss] = []
    chains = found.chains
    for place, chain in enumerate(chains):
        for _, pipeline in chain.items:
            if len(pipeline.commands) > 1 and isinstance(loop := pipeline.commands[-1], While | For | Group):
                set_there = set(_assigned(loop))
                later = set().union(
                    *(_asked(c) for rest in chains[place + 1 :] for c in _all(rest.items)), set()
                )
                losses += [
                    Loss(
                        f"'{name}' is counted in the subshell of a pipe, and is what it was behind it",
                        pipeline.line,
                    )
                    for name in sorted(set_there & later)
                ]
            losses += [
                loss for command in pipeline.commands for body in _inner(command) for loss in _counted(body)
            ]
    return losses


def _all(items: Sequence[tuple[str, object]]) -> Iterator[Command]:
    for _, pipeline in items:
        yield from pipeline.commands  # type: ignore[attr-defined]


def _inner(command: Command) -> Iterator[Commands]:
    """What a command is made of that holds others."""
    if isinstance(command, While | For | Group):
        yield command.body
        yield from [command.condition] if isinstance(command, While) else []
    elif isinstance(command, If):
        yield from (part for branch in command.branches for part in branch)
        yield from [command.otherwise] if command.otherwise else []
    elif isinstance(command, Case):
        yield from (body for _, body, _ in command.items)
    elif isinstance(command, Function):
        yield from _inner(command.body)


_NAME = re.compile(r"[A-Za-z_]\w*")
_ARITHMETIC = re.compile(r"([A-Za-z_]\w*)\s*(?:\+\+|--|[-+*/]?=(?!=))|(?:\+\+|--)\s*([A-Za-z_]\w*)")


def _assigned(command: Command) -> Iterator[str]:
    if isinstance(command, Simple):
        yield from (assignment.name for assignment in command.assignments if not command.words)
        if losing.plain(command)[:1] == ["let"]:
            yield from (
                name for match in _ARITHMETIC.findall(" ".join(losing.plain(command))) for name in match if name
            )
    elif hasattr(command, "text"):
        text = command.text.plain or ""
        yield from (name for match in _ARITHMETIC.findall(text) for name in match if name)
    for body in _inner(command):
        for chain in body.chains:
            for part in _all(chain.items):
                yield from _assigned(part)


def _asked(value: object) -> set[str]:
    """Names of variables anywhere in a part of a script."""
    if isinstance(value, Variable):
        return {value.name} | _asked((value.index, value.argument))
    if isinstance(value, tuple):
        return set().union(*map(_asked, value), set())
    if isinstance(value, Sum | Calculation):
        return set(_NAME.findall(value.text.plain or "")) | _asked(value.text)
    fields = getattr(value, "__dataclass_fields__", ())
    return set().union(*(_asked(getattr(value, name)) for name in fields), set())


def reached(paths: Sequence[str], texts: Mapping[str, str]) -> list[str]:
    """Scripts of these paths and those that they start in turn, each once."""
    found: dict[str, None] = {}
    todo = [path for path in paths if path in texts]
    while todo:
        path = todo.pop(0)
        if path not in found:
            found[path] = None
            todo += [other for other in started(path, texts[path]) if other in texts]
    return list(found)


def started(path: str, text: str) -> list[str]:
    """What a script starts by name, seen from the repository or from its own folder."""
    folder = path.rpartition("/")[0]
    if is_python(text):
        return [at for words in pythonscript.started(text) for at in _paths(words, folder)]
    if language(text)[0] not in _SHELLS:
        return []
    try:
        return words_that_start(shell_parsing.parse(text), folder)
    except Unreadable:
        return []


def words_that_start(found: Commands, folder: str = "") -> list[str]:
    """Paths that stand where a command does, or behind one that starts another."""
    paths = []
    for chain in found.chains:
        for command in _all(chain.items):
            paths += _started(command, folder)
            paths += [path for body in _inner(command) for path in words_that_start(body, folder)]
    return paths


def _started(command: Command, folder: str) -> list[str]:
    return _paths(_ends(command), folder) if isinstance(command, Simple) else []


def _paths(words: Sequence[str], folder: str) -> list[str]:
    paths: list[str] = []
    for word in words:
        paths += [normpath(word), normpath(f"{folder}/{word}") if folder else normpath(word)]
        if word not in _STARTS and not word.startswith("-") and "=" not in word and not word.isdigit():
            break
    return paths


def _ends(command: Simple) -> list[str]:
    """Words as they are; of one that begins with what is not known, such as "$here/x.sh", the rest."""
    found = []
    for word in command.words:
        text = "".join(
            getattr(part, "text", "\0") if isinstance(getattr(part, "text", "\0"), str) else "\0"
            for part in word.parts
        )
        found.append(text.rpartition("\0")[2].lstrip("/") if "\0" in text else text)
    return found
