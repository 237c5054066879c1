"""What a connector is, for those who write one: a class with `schema`, and the methods of the directions that it knows.

`pull` writes outputs; `push` hands changes over and confirms each; `read` and `write` bring two sides into comparable
files and make them be what was merged. A connector works in a worktree that is thrown away where it fails, so that
what is half written never lands. It says why it failed by raising `Failed`.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Protocol, runtime_checkable

from compliance.systems.directional_sync import globs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

TEMPORARY = 75  # EX_TEMPFAIL of sysexits.h: another time it may go well


class Failed(Exception):
    """Why it did not do its work, in words for a person and without secrets. `passing`: another time it may go well, so
    that `retries` of the target begin it again."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class Change(NamedTuple):
    """An input that the other side has not confirmed. `sha256`: of its content; None where it was deleted."""

    path: str
    change: Literal["added", "changed", "deleted"]
    sha256: str | None


@dataclass(slots=True)
class Result:
    """What a pull has to tell beside its outputs. `message`: of what it brought; `failed`: by name why a part of it
    could not be brought, which stays as it was while the rest lands; `passing`: another time it may go well;
    `tolerate`: how many may fail before the target has failed."""

    message: str = ""
    failed: dict[str, str] = field(default_factory=dict)
    passing: bool = False
    tolerate: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """What a connector has to do. `config`: of the target, checked by `schema`, with `$NAME` filled in; `given`: the
    environment, of which a target sees what its `env` names; `outputs`: globs; `folder`: the worktree."""

    target: str
    dry_run: bool
    config: Mapping[str, Any]
    given: Mapping[str, str]
    outputs: tuple[str, ...]
    folder: Path
    say: Callable[[str], None]
    result: Result = field(default_factory=Result)

    @property
    def cache(self) -> Path:
        """Of this target alone, between runs: for what can be fetched anew, since anybody may delete it."""
        return self._folder("SYNC_CACHE")

    @property
    def scratch(self) -> Path:
        """Of one attempt: its second run finds what the first has left there, so that both may speak of one moment."""
        return self._folder("SYNC_SCRATCH")

    def _folder(self, name: str) -> Path:
        place = Path(self.given[name])
        place.mkdir(parents=True, exist_ok=True)
        return place

    @property
    def outside(self) -> tuple[str, ...]:
        """Globs of the files outside of the repository that are backed up before a write-back."""
        return tuple(json.loads(self.given.get("SYNC_OUTSIDE", "[]")))

    def variable(self, name: str) -> str:
        """A secret comes by the environment alone. Raises `Failed` where it is not set."""
        value = self.given.get(name, "")
        if not value:
            raise Failed(
                f"{name} is not set: name it in `env` of {self.target}, and set it where the sync is started"
            )
        return value

    def write(self, path: str, content: bytes) -> None:
        """An output, whole or not at all, with the mode that it had. Raises `Failed` where it is none."""
        if not globs.matches(path, self.outputs) or globs.leads_out(path):
            raise Failed(f"{path!r} is none of its outputs")
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.parent.resolve().is_relative_to(self.folder.resolve()):
            raise Failed(f"{path!r} leads out of the repository, by a link")
        part = place.with_name(place.name + ".part")
        part.write_bytes(content)
        if place.is_file():
            shutil.copymode(place, part)
        os.replace(part, place)  # noqa: PTH105 - Path.replace is the same

    def remove(self, path: str) -> None:
        """An output that the other side has no more."""
        if not globs.matches(path, self.outputs) or globs.leads_out(path):
            raise Failed(f"{path!r} is none of its outputs")
        (self.folder / path).unlink(missing_ok=True)


class Connector(Protocol):
    """`schema`: JSON Schema (2020-12) of `config`; an error in it is told with the line of sync.yaml."""

    schema: ClassVar[Mapping[str, Any]]


@runtime_checkable
class Pulls(Protocol):
    def pull(self, task: Task) -> None:
        """Make the outputs be what the other side says; run twice, it changes nothing more."""


@runtime_checkable
class Pushes(Protocol):
    def push(self, task: Task, changes: Sequence[Change], confirm: Callable[[str, str], None]) -> None:
        """Hand over each change, and `confirm(path, id)` it as soon as the other side has it: what was confirmed
        counts, also where the next one fails."""


@runtime_checkable
class Merges(Protocol):
    def read(self, task: Task, ours: Path, theirs: Path) -> None:
        """Show both sides as files that can be compared: the same name is the same thing."""

    def write(self, task: Task, merged: Path) -> None:
        """Make both sides be what was merged."""


def directions(connector: object) -> list[str]:
    """Those that it knows, by its methods."""
    known = {"pull": Pulls, "push": Pushes, "bidirectional": Merges}
    return [name for name, kind in known.items() if isinstance(connector, kind)]
