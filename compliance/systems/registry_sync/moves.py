"""Documents under a former id: FACTS, 'What went wrong'. They are moved to the id that a delete can know."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compliance.core.change import Call
from compliance.systems.registry_sync.policy import filled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.policy import Collection, Policy


class Former(NamedTuple):
    """A document that lies under a former id of its row. `taken`: another one lies under the present id already."""

    collection: str
    old: str
    new: str
    taken: bool


def former(facts: Facts, collection: Collection) -> Iterator[Former]:
    """By the rows that are there: a former id of a row that is gone belongs to no row, and is an orphan."""
    if not collection.former:
        return
    ids = {document.id for document in facts.read("documents")}
    for row in facts.read(rows_of(collection)):
        values = dict(zip(collection.columns, row.values, strict=True))
        new = collection.document_of(values)
        for template in collection.former:
            old = filled(template, values)
            if old in ids and old != new:
                yield Former(collection.name, old, new, new in ids)


def rows_of(collection: Collection) -> str:
    """The section of a collection's rows."""
    return f"rows:registry.{collection.name}"


def moves_of(facts: Facts) -> tuple[Call, ...]:
    """A call of the service for each: a move tells nobody, so no flow and no way back is set off by it.

    Where the present id is taken, the former document is what nothing updates any more: it is for a person to delete.
    """
    policy: Policy = facts.policy
    found = [item for collection in policy.collections.values() for item in former(facts, collection)]
    return tuple(_move(item) for item in sorted(found) if not item.taken)


def _move(item: Former) -> Call:
    old, new = f"/documents/{item.old}", f"/documents/{item.new}"
    return Call(
        title=f"move {item.old} to {item.new}",
        service="agent_data",
        method="POST",
        path=f"{old}/move",
        body={"new_id": item.new},
        undo=("POST", f"{new}/move", {"new_id": item.old}),
        present=new,
        absent=old,
    )
