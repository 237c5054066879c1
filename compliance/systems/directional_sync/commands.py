"""The commands of checks, gates and verifications can fail: the document's `find … -exec jq empty {} \\;` cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compliance.core.finding import Finding, Judgement, Unseen
from compliance.systems.directional_sync import invoking, looking, losing, scripts
from compliance.systems.directional_sync.losing import Mode, Unreadable
from compliance.systems.directional_sync.shell import parsing as shell_parsing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.directional_sync.invoking import Invocation
    from compliance.systems.directional_sync.policy import Policy
    from compliance.systems.directional_sync.syncfile import Command, SyncFile
    from compliance.systems.protocol import Facts

_SHELLS = ("bash", "sh", "dash")


class Asked(NamedTuple):
    """A command, what it is called, and how it has to end; `counts`: it prints a number that has to keep a bound.
    `most`: one from above; `judged`: the targets that it is about, none: all."""

    name: str
    command: Command
    expected: int
    counts: bool
    most: bool
    judged: frozenset[str]


def asked(found: SyncFile) -> Iterator[Asked]:
    """All of them."""
    for target in found.targets.values():
        check = target.verification
        if check is not None and check.command is not None:
            counts = check.expected_min is not None or check.expected_max is not None
            most, name = check.expected_max is not None, f"verification of {target.name}"
            alone = frozenset({target.name})
            yield Asked(name, check.command, check.expected_exit_code, counts, most, alone)
    for one in (*found.pre_sync_checks, *found.post_sync_checks):
        yield Asked(one.name, one.command, one.expected_exit_code, counts=False, most=False, judged=one.targets)
    for gate in found.drift_gates:
        most = gate.max_drift_score is not None
        yield Asked(gate.name, gate.command, 0, counts=True, most=most, judged=gate.targets)


def commands_can_fail(facts: Facts) -> Iterator[Judgement]:
    """None always ends as it has to, and none is what it judges."""
    policy: Policy = facts.policy
    found, texts = looking.configuration(facts), looking.texts(facts)
    for one in asked(found):
        try:
            reasons, paths = list(_lost(one, *_script(one.command))), _named(one.command)
            reasons += _itself(one, found, invoking.in_shell(one.command.shown, policy.runner))
        except Unreadable as error:
            yield Unseen(policy.file, f"{one.name}: nobody can tell whether it can fail: {error.reason}")
            continue
        for reason in dict.fromkeys(reasons):
            yield Finding(policy.file, f"{one.name}: {reason}", f"{one.name}-{reason}")
        for path in scripts.reached([path for path in paths if path != policy.runner], texts):
            yield from _of_script(policy.file, one.name, path, texts[path], found.entrypoints.get(path))
            for reason in dict.fromkeys(
                _itself(one, found, invoking.of_script(path, texts[path], policy.runner))
            ):
                yield Finding(policy.file, f"{one.name}: {path}: {reason}", f"{one.name}-{path}-{reason}")


def _itself(one: Asked, found: SyncFile, started: list[Invocation]) -> Iterator[str]:
    """The runner judges by this command: it cannot be the one that says so."""
    for each in started:
        if each.runs:
            yield f"it starts '{each.shown}', the sync that it judges"
        elif (name := each.drift_of) is not None:
            yield from _drift(one, found, name)


def _drift(one: Asked, found: SyncFile, name: str) -> Iterator[str]:
    """`compliance sync drift` ends with 0 whatever it counts, and counts the sides of one target alone."""
    target = found.targets.get(name)
    if target is None or target.connector is None or target.direction != "bidirectional":
        yield f"it counts the drift of '{name}', which is no bidirectional target with a connector"
    elif one.judged and name not in one.judged:
        yield f"it counts the drift of '{name}', and judges {', '.join(sorted(one.judged))}"
    if not one.most:
        yield "'compliance sync drift' ends well whatever the score is: only a bound from above makes it a judge"


def _of_script(subject: str, name: str, path: str, text: str, judges: str | None) -> Iterator[Judgement]:
    if judges is not None:
        why = f"{name}: it starts {path}, which is the entrypoint of {judges} that it judges"
        yield Finding(subject, why, f"{name}-{path}")
        return
    for judgement in scripts.judged(subject, path, text):
        if isinstance(judgement, Finding):
            yield Finding(subject, f"{name}: {judgement.message}", f"{name}-{judgement.facet}")
        else:
            yield judgement


def _lost(one: Asked, text: str, mode: Mode) -> Iterator[str]:
    for loss in losing.lost(text, mode):
        yield loss.reason
    for inner in _inner(text):
        yield from _lost(one, *inner)
    if (code := losing.constant(text)) is not None:
        if one.counts:
            yield "it always prints the same"
        elif code == one.expected:
            yield f"it always ends with {code}, as is expected"
    if one.expected and _has_pipe(text):
        yield f"a pipe of which {one.expected} is expected: nobody can tell an answer from a failure in it"


def _script(command: Command) -> tuple[str, Mode]:
    """As bash gets it; words that run without a shell are one simple command."""
    return (command.shown, Mode(pipefail=command.text is not None))


def _inner(text: str) -> Iterator[tuple[str, Mode]]:
    """`bash -c TEXT` is another script, with the options that it is given."""
    for chain in shell_parsing.parse(text).chains:
        for _, pipeline in chain.items:
            for command in pipeline.commands:
                words = losing.plain(command)
                if words[:1] and words[0].rpartition("/")[2] in _SHELLS:
                    yield from _dash_c(words)


def _dash_c(words: list[str]) -> Iterator[tuple[str, Mode]]:
    for place, word in enumerate(words[1:-1], start=1):
        if word.startswith("-") and not word.startswith("--") and word.endswith("c"):
            yield words[place + 1], Mode().told(words[1 : place + 1])
            return


def _has_pipe(text: str) -> bool:
    return any(
        len(pipeline.commands) > 1 for chain in shell_parsing.parse(text).chains for _, pipeline in chain.items
    )


def _named(command: Command) -> list[str]:
    """Scripts that it starts, by their path in the repository."""
    text, _ = _script(command)
    folder = ""
    found = scripts.words_that_start(shell_parsing.parse(text))
    for chain in shell_parsing.parse(text).chains:
        for _, pipeline in chain.items:
            words = losing.plain(pipeline.commands[0])
            if words[:1] == ["cd"] and len(words) == 2:
                folder = words[1]
    if folder:
        found += scripts.words_that_start(shell_parsing.parse(text), folder)
    for inner, _ in _inner(text):
        found += scripts.words_that_start(shell_parsing.parse(inner))
    return found
