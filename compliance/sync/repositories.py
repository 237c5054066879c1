"""A run over several repositories (document 003, 'Roadmap').

In each it is a run of its own, with its lock, its commits and its history; what depends on another one comes after it.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from compliance.core.errors import ConfigurationError
from compliance.sync import carrying, environment, repository
from compliance.sync.parallel import not_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from compliance.sync.model import Outcome, Run
    from compliance.sync.repository import Repository
    from compliance.systems.directional_sync.syncfile import SyncFile, Target


class Part(NamedTuple):
    """What is run in one repository at a time. `file`: as if it were that repository's own."""

    repository: Repository
    file: SyncFile
    targets: tuple[Target, ...]


def parts(found: Repository, file: SyncFile, targets: Sequence[Target], given: Mapping[str, str]) -> list[Part]:
    """In the order of the targets, as many of one repository together as may be. Raises `ConfigurationError`."""
    if all(target.repository is None for target in targets):
        return [Part(found, of(file, None), tuple(targets))]
    places = {name: find(found, file, name, given) for name in {t.repository for t in targets}}
    _refuse_twice(file, places)
    left, result = list(targets), list[Part]()
    while left:
        name = left[0].repository
        own = of(file, name)
        ready: list[Target] = []
        waiting = {target.name for target in left}
        for target in left:
            if target.repository == name and not waiting.intersection(target.depends_on):
                ready.append(target)
                waiting.discard(target.name)
        left = [target for target in left if target not in ready]
        result.append(Part(places[name], own, tuple(own.targets[target.name] for target in ready)))
    return result


def _refuse_twice(file: SyncFile, places: Mapping[str | None, Repository]) -> None:
    """That no two targets have an output in common is looked at by name."""
    names: dict[Path, str] = {}
    for name in (name for name in file.repositories if name in places):
        other = names.setdefault(places[name].root.resolve(), name)
        if other != name:
            text = f"{name}: {places[name].root} is repository '{other}' already"
            raise file.document.error(
                text, "repositories", name, "path", remedy=f"name '{other}' in its targets"
            )


def of(file: SyncFile, name: str | None) -> SyncFile:
    """With the targets of one repository, which wait there for one another alone."""
    own = {key: target for key, target in file.targets.items() if target.repository == name}
    if name is None and len(own) == len(file.targets):
        return file
    trimmed = {
        key: replace(target, depends_on=tuple(other for other in target.depends_on if other in own))
        for key, target in own.items()
    }
    branch = file.branch if name is None else file.repositories[name].branch
    return replace(file, targets=trimmed, branch=branch)


def find(found: Repository, file: SyncFile, name: str | None, given: Mapping[str, str]) -> Repository:
    """One of `repositories`; none: the one that the file is of."""
    if name is None:
        return found
    place = ("repositories", name, "path")
    path = found.root / environment.expand(file, file.repositories[name].path, given, place)
    try:
        there = repository.find(path) if path.is_dir() else None
    except ConfigurationError:
        there = None
    if there is None:
        raise file.document.error(
            f"{name}: {path} is no git repository", *place, remedy="clone it there, or correct the path"
        ) from None
    if there.root.resolve() == found.root.resolve() or there.root.resolve() != path.resolve():
        raise file.document.error(f"{name}: {path} is not the root of another git repository", *place)
    return there


@contextmanager
def locked(parts: Sequence[Part], say: Callable[[str], None]) -> Iterator[None]:
    """All of them, always in one order, so that two runs do not wait for each other."""
    found = {part.repository.root: part.repository for part in parts}
    with ExitStack() as stack:
        for root in sorted(found):
            stack.enter_context(carrying.locked(found[root], say))
        yield


def barred(part: Part, file: SyncFile, outcomes: Mapping[str, Outcome]) -> dict[str, str]:
    """Who does not run, since something failed that it depends on in another repository."""
    reasons = {}
    for target in part.targets:
        needed = file.targets[target.name].depends_on
        if failed := [name for name in needed if name in outcomes and not outcomes[name].success]:
            reasons[target.name] = f"{', '.join(failed)} failed"
    return reasons


def whole(begun: Run, done: Sequence[Run], targets: Sequence[Target], reason: str) -> Run:
    """One run of all of them. `reason`: why those did not run of which nothing is known."""
    outcomes = {outcome.target: outcome for run in done for outcome in run.outcomes}
    missing = [target for target in targets if target.name not in outcomes]
    dead = (not_run(target, reason, dry_run=begun.options.dry_run) for target in missing)
    return replace(
        begun,
        outcomes=(*outcomes.values(), *dead),
        checks=tuple(check for run in done for check in run.checks),
        interrupted=any(run.interrupted for run in done),
        duration=round(sum(run.duration for run in done), 3),
    )
