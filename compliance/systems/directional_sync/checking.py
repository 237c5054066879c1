"""What no schema can say of `sync.yaml`: document 003, 'Configuration File'. Each problem with where it stands."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from compliance.systems.directional_sync import globs, schedules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from compliance.systems.directional_sync.syncfile import Check, Gate, SyncFile, Target

_Place = tuple[str | int, ...]


class Problem(NamedTuple):
    """A sentence, and the keys that lead to its place."""

    message: str
    place: _Place


def problems(found: SyncFile) -> Iterator[Problem]:
    """All that is wrong with it, in the order of the file where that is possible."""
    for target in found.targets.values():
        yield from _of_target(found, target)
    yield from _shared_outputs(found)
    yield from _judges(found)
    yield from _cycle(found)
    for number, told in enumerate(found.notifications):
        if told.name in {other.name for other in found.notifications[:number]}:
            yield Problem(f"notifications: '{told.name}' stands there twice", ("notifications", number, "name"))
    for kind in ("pre_sync_checks", "post_sync_checks", "drift_gates"):
        checks: Sequence[Check | Gate] = getattr(found, kind)
        names: set[str] = set()
        for number, check in enumerate(checks):
            at = ("safety", kind, number)
            yield from _of_check(found, check, at)
            if check.name in names:
                yield Problem(f"{kind}: '{check.name}' stands there twice", (*at, "name"))
            names.add(check.name)


def _of_target(found: SyncFile, target: Target) -> Iterator[Problem]:
    at = ("targets", target.name)
    if target.entrypoint is not None and globs.leads_out(target.entrypoint):
        yield Problem(f"{target.name}: its entrypoint leads out of the repository", (*at, "entrypoint"))
    for key in ("inputs", "outputs"):
        for number, glob in enumerate(getattr(target, key)):
            if wrong := _of_glob(target, key, glob):
                yield Problem(f"{target.name}: '{glob}' {wrong}", (*at, key, number))
    if target.repository is not None:
        yield from _of_repository(found, target, at)
    for name in target.depends_on:
        if name not in found.targets:
            yield Problem(f"{target.name}: depends on '{name}', which is no target", (*at, "depends_on"))
    yield from _of_config(target, at)
    yield from _of_schedule(target, at)
    yield from _of_verification(target, at)


def _of_repository(found: SyncFile, target: Target, at: _Place) -> Iterator[Problem]:
    if target.repository not in found.repositories:
        there = ", ".join(found.repositories) or "none"
        text = f"{target.name}: '{target.repository}' is none of `repositories` ({there})"
        yield Problem(text, (*at, "repository"))
    if target.schedule is not None:
        text = f"{target.name}: may have no schedule: the workflow checks out no '{target.repository}'"
        yield Problem(text, (*at, "schedule"))


def _of_glob(target: Target, key: str, glob: str) -> str | None:
    if globs.leads_out(glob):
        return "leads out of the repository"
    if globs.base(glob) == "" and "/" not in glob.strip("/") and glob.startswith("*"):
        return "is the whole repository; name a folder"
    if key == "outputs" and target.entrypoint is not None and globs.matches(target.entrypoint, [glob]):
        return "holds the entrypoint, which would write itself"
    return None


def _of_config(target: Target, at: _Place) -> Iterator[Problem]:
    """Keys reach the entrypoint as variables, in capitals: of two that are one there, one would be lost."""
    seen: dict[str, str] = {}
    for key in target.config:
        if (other := seen.setdefault(key.upper(), key)) != key:
            text = f"{target.name}: config: '{key}' and '{other}' are both SYNC_CONFIG_{key.upper()}"
            yield Problem(text, (*at, "config", key))


def _of_schedule(target: Target, at: _Place) -> Iterator[Problem]:
    if target.schedule is None:
        return
    try:
        schedules.read(target.schedule)
    except schedules.NotASchedule as error:
        yield Problem(f"{target.name}: schedule: {error}", (*at, "schedule"))


def _of_verification(target: Target, at: _Place) -> Iterator[Problem]:
    check = target.verification
    if check is None:
        return
    place = (*at, "verification")
    if check.command and target.entrypoint in check.command.names:
        text = f"{target.name}: its verification is its entrypoint, which would judge itself"
        yield Problem(text, (*place, "command"))
    low, high = check.expected_min, check.expected_max
    if low is not None and high is not None and low > high:
        yield Problem(f"{target.name}: expected_min is above expected_max", (*place, "expected_min"))
    for glob, schema in check.schemas.items():
        if globs.leads_out(schema):
            yield Problem(f"{target.name}: '{schema}' leads out of the repository", (*place, "schemas", glob))
        if not any(globs.overlap(glob, output) for output in (*target.outputs, *target.inputs)):
            yield Problem(
                f"{target.name}: '{glob}' is nothing that it writes or reads", (*place, "schemas", glob)
            )


def _of_check(found: SyncFile, check: Check | Gate, at: _Place) -> Iterator[Problem]:
    for name in sorted(check.targets - found.targets.keys()):
        yield Problem(f"{check.name}: '{name}' is no target", (*at, "targets"))
    words = check.command.names
    for target in found.targets.values():
        if target.entrypoint in words:
            text = f"{check.name}: its command is the entrypoint of {target.name}, which it judges"
            yield Problem(text, (*at, "command"))
    named = [target for target in found.targets.values() if target.name in check.targets]
    if named and not any(map(check.concerns, named)):
        yield Problem(f"{check.name}: is skipped wherever it would run", at)


def _shared_outputs(found: SyncFile) -> Iterator[Problem]:
    """Who comes second would write over what the first has written."""
    outputs = [(name, n, glob) for name, one in found.targets.items() for n, glob in enumerate(one.outputs)]
    for first, second in sorted(_candidates([glob for *_, glob in outputs]), key=lambda pair: pair[::-1]):
        (owner, _, other), (name, number, glob) = outputs[first], outputs[second]
        apart = found.targets[owner].repository != found.targets[name].repository
        if owner != name and not apart and globs.overlap(glob, other):
            text = f"{name}: '{glob}' is an output of {owner} too ('{other}')"
            yield Problem(text, ("targets", name, "outputs", number))


def _candidates(named: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs of which one begins, and one ends, as the other: no other two can meet.

    Sorted, those of one beginning stand together, so that a thousand are not compared with a thousand.
    """
    around: list[tuple[str, str, int]] = []
    for start, end, place in sorted((*globs.edges(glob), place) for place, glob in enumerate(named)):
        while around and not start.startswith(around[-1][0]):
            around.pop()
        for _, other_end, other in around:
            if end.endswith(other_end) or other_end.endswith(end):
                yield min(place, other), max(place, other)
        around.append((start, end, place))


def _judges(found: SyncFile) -> Iterator[Problem]:
    """What runs a sync, or says what passes, is written by nobody whom it judges."""
    judges = {path: f"the entrypoint of {name}" for path, name in found.entrypoints.items()}
    judges[globs.normal(found.requirements)] = "what the workflow installs the runner from"
    if found.secret_baseline is not None:
        judges[globs.normal(found.secret_baseline)] = "the secret_baseline"
    yield from written(found, judges)
    for target in found.targets.values():
        yield from _own_schemas(target)


def written(found: SyncFile, judges: Mapping[str, str]) -> Iterator[Problem]:
    """Which of these paths are among the outputs of a target, in this repository."""
    paths = sorted(judges)
    for name, target in found.targets.items():
        if target.repository is not None:
            continue
        for number, glob in enumerate(target.outputs):
            for path in _below(paths, globs.base(glob)):
                if path != target.entrypoint and globs.matches(path, [glob]):
                    yield Problem(
                        f"{name}: '{glob}' holds {judges[path]}", ("targets", name, "outputs", number)
                    )


def _own_schemas(target: Target) -> Iterator[Problem]:
    """One target may fetch the schema that another one keeps; none its own."""
    for glob, schema in (target.verification.schemas if target.verification else {}).items():
        if globs.matches(globs.normal(schema), target.outputs):
            text = f"{target.name}: '{schema}' is among its outputs: it would write the schema that judges it"
            yield Problem(text, ("targets", target.name, "verification", "schemas", glob))


def _below(paths: Sequence[str], folder: str) -> Iterator[str]:
    """Of sorted paths those in a folder: a thousand targets are not compared with a thousand."""
    start = f"{folder}/" if folder else ""
    for path in paths[bisect_left(paths, start) :]:
        if not path.startswith(start):
            return
        yield path


def _cycle(found: SyncFile) -> Iterator[Problem]:
    """Names are taken away that wait for none of the others; who is left waits for one of them."""
    waiting = {name: set(target.depends_on) & found.targets.keys() for name, target in found.targets.items()}
    after: dict[str, list[str]] = {}
    for name, others in waiting.items():
        for other in others:
            after.setdefault(other, []).append(name)
    free = [name for name, others in waiting.items() if not others]
    while free:
        done = free.pop()
        waiting.pop(done)
        for name in after.get(done, ()):
            waiting[name].discard(done)
            if not waiting[name]:
                free.append(name)
    if waiting:
        chain = _round({name: min(others) for name, others in waiting.items()})
        yield Problem(f"depends_on goes round: {' → '.join(chain)}", ("targets", chain[0], "depends_on"))


def _round(following: dict[str, str]) -> list[str]:
    """Where everyone has a next one, whoever goes on comes round."""
    path: dict[str, None] = {}
    name = next(iter(following))
    while name not in path:
        path[name] = None
        name = following[name]
    names = list(path)
    return [*names[names.index(name) :], name]
