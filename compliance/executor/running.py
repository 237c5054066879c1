"""What apply, rehearse and roll back share: run steps in a transaction, and know exactly what that changed."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import footprint
from compliance.executor import objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from compliance.core.change import Step
    from compliance.core.footprint import FactKey
    from compliance.core.observation import Observation
    from compliance.executor.session import Report, Session


class State(NamedTuple):
    """What governs: the look, and as digests all rows of the tables that are written, in their whole content.

    Where objects of the catalog are written, `images` are of them too; `contents`: of all rows of each such table that
    holds any; `objects`: of every object of the estate, whole.
    """

    observation: Observation
    images: dict[FactKey, str]
    contents: Mapping[str, str] = MappingProxyType({})
    objects: Mapping[FactKey, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Effect:
    """Rows and objects by `section#subject`: what a transaction made, changed and removed; `images`: what it wrote."""

    created: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    images: dict[str, str]

    @property
    def nothing(self) -> bool:
        return not (self.created or self.changed or self.removed)

    @property
    def rows(self) -> dict[str, tuple[str, ...]]:
        """Of these, those of tables."""
        return self._of(objects=False)

    @property
    def objects(self) -> dict[str, tuple[str, ...]]:
        """Of these, those of the catalog."""
        return self._of(objects=True)

    def _of(self, *, objects: bool) -> dict[str, tuple[str, ...]]:
        sides = {"created": self.created, "changed": self.changed, "removed": self.removed}
        return {
            how: tuple(name for name in names if (name.partition("#")[0] in footprint.OBJECTS) == objects)
            for how, names in sides.items()
        }

    def as_json(self) -> dict[str, Any]:
        """As the ledger holds it."""
        return {
            "created": list(self.created), "changed": list(self.changed), "removed": list(self.removed),
            "images": self.images,
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Effect:
        return cls(tuple(value["created"]), tuple(value["changed"]), tuple(value["removed"]), value["images"])


def state(session: Session, writes: Iterable[FactKey]) -> State:
    keys, seen = frozenset(writes), session.observe()
    rows = session.images(key.section for key in keys)
    if not any(key.of_object for key in keys):
        return State(seen, rows)
    contents = objects.contents(session, seen, objects.tables(keys))
    return State(seen, rows | objects.images(seen, keys, contents), contents, objects.whole(session))


def effect(before: State, after: State) -> Effect:
    """By comparison: what a statement says of its rows does not count what triggers did."""
    old, new = ({str(key): image for key, image in state.images.items()} for state in (before, after))
    written = dict(new.items() - old.items())
    return Effect(
        created=tuple(sorted(new.keys() - old.keys())),
        changed=tuple(sorted(written.keys() & old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        images=written,
    )


def deploy(session: Session, steps: Iterable[Step], at: Report) -> None:
    """Each step, verified before the next begins; then what waits for COMMIT."""
    for step in steps:
        session.run(step.title, step.deploy, at)
        session.run(step.title, step.verify, at)
    session.constraints()


def deploy_again(session: Session, steps: Iterable[Step], at: Report) -> None:
    """Without verifying: the state must be the one that was verified, and that is compared as a whole."""
    for step in steps:
        session.run(f"again: {step.title}", step.deploy, at)


def revert(session: Session, steps: Iterable[Step], at: Report) -> None:
    """The way back, last step first."""
    for step in reversed(tuple(steps)):
        session.run(f"take back: {step.title}", step.revert, at)
    session.constraints()


def facts(session_state: State, keys: Iterable[FactKey]) -> str:
    """Digest of what a state holds under these keys."""
    return footprint.digest(session_state.observation, keys)
