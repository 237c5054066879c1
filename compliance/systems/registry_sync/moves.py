"""Documents under a former id: FACTS, 'What went wrong'. They are moved to the id that a delete can know."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from compliance.core.change import Call
from compliance.systems.registry_sync.naming import filled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.policy import Collection, Policy


class Former(NamedTuple):
    """A document that lies under a former id of its row. `obstacle`: why it cannot be moved, or empty."""

    collection: str
    old: str
    new: str
    obstacle: str


def former(facts: Facts, collection: Collection) -> Iterator[Former]:
    """By the rows that are there: a former id of a row that is gone belongs to no row, and is an orphan.

    What is the present id of a row is that row's document, whatever another row was called before.
    """
    if not collection.former:
        return
    ids = {document.id for document in facts.read("documents")}
    rows = [dict(zip(collection.columns, row.values, strict=True)) for row in facts.read(rows_of(collection))]
    present = {collection.document_of(row) for row in rows}
    found = [
        (old, collection.document_of(row))
        for row in rows
        for template in collection.former
        if (old := filled(template, row)) in ids - present
    ]
    claims, targets = Counter(old for old, _ in found), ids.copy()
    for old, new in sorted(found):
        taken = "there is one under the present id too" if new in targets else ""
        yield Former(collection.name, old, new, "more than one row had it" if claims[old] > 1 else taken)
        targets.add(new)


def rows_of(collection: Collection) -> str:
    """The section of a collection's rows."""
    return f"rows:registry.{collection.name}"


def moves_of(facts: Facts) -> tuple[Call, ...]:
    """A call of the service for each: a move tells nobody, so no flow and no way back is set off by it.

    Where the present id is taken, the former document is what nothing updates any more: it is for a person to delete.
    Where more than one row had it, nothing tells whose it is.
    """
    policy: Policy = facts.policy
    found = [item for collection in policy.collections.values() for item in former(facts, collection)]
    return tuple(_move(item) for item in sorted(found) if not item.obstacle)


def _move(item: Former) -> Call:
    old, new = (f"/documents/{quote(document, safe='/')}" for document in (item.old, item.new))
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
