"""What no plan may touch: everything outside of what it says it writes, and what policy preserves even from that."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compliance.core import footprint
from compliance.core.errors import Refused
from compliance.core.needs import split_name
from compliance.executor import objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from compliance.core.footprint import FactKey
    from compliance.core.needs import Needs
    from compliance.executor.running import State
    from compliance.executor.session import Wrote

# Where these change, a row of the table is another one, and so are those that policy preserves.
_SHAPE = frozenset({"catalog.relations", "catalog.columns"})


class Bounds(NamedTuple):
    """Within what a change has to stay. `made`: tables of which every row may go, as this very change has made them."""

    writes: frozenset[FactKey]
    needs: Needs
    trails: Iterable[str]
    guarded: frozenset[FactKey]
    made: AbstractSet[str] = frozenset()


def check_writes(writes: Iterable[FactKey], needs: Needs, preserve: Iterable[str]) -> None:
    """Before anything runs: what a plan says it writes may not be preserved (`schema.table` or `schema.table#row`)."""
    fenced = {_spelled(entry) for entry in preserve}
    relations = needs.relations
    touched = []
    for key in writes:
        table = relations.get(key.section)
        if key.of_object:
            touched += _barred(key, fenced)
        elif table is None:
            touched.append(f"{key}: a plan writes rows and objects of the catalog, and nothing else")
        elif table in fenced or f"{table}#{key.subject}" in fenced:
            touched.append(f"{key}: policy preserves it")
        elif key.subject is None and any(entry.startswith(f"{table}#") for entry in fenced):
            touched.append(f"{key}: policy preserves rows of it")
    if touched:
        raise Refused(
            "the plan would cross the fence", reasons=sorted(touched), remedy="compile a plan without it"
        )


def _barred(key: FactKey, fenced: Iterable[str]) -> list[str]:
    """A table that is preserved is so with all that the catalog holds of it, down to a right on one column."""
    reasons = []
    if key.subject is None:
        reasons.append(f"{key}: a plan names each object that it writes")
    elif any(key.subject == entry or key.subject.startswith(f"{entry}.") for entry in fenced):
        reasons.append(f"{key}: policy preserves it")
    elif key.section in _SHAPE and any(entry.startswith(f"{key.subject}#") for entry in fenced):
        reasons.append(f"{key}: policy preserves rows of it")
    return reasons


def check_crossed(before: State, after: State, wrote: Mapping[str, Wrote], bounds: Bounds) -> dict[str, int]:
    """After it ran and before COMMIT: nothing else changed, seen or unseen. Returns rows added to trails."""
    changed = footprint.changed(before.observation, after.observation) | _differing(before.images, after.images)
    changed |= _differing(before.objects, after.objects)
    crossed = [f"{key} changed" for key in changed if not key.within(bounds.writes)]
    crossed += _lost(before, after, bounds)
    own = _own(bounds)
    added = {_spelled(entry) for entry in bounds.trails} & {
        table for table, found in wrote.items() if not found.rewritten
    }
    crossed += [_told(table, found) for table, found in wrote.items() if table not in own | added]
    if crossed:
        raise Refused(
            "the fence was crossed: something else changes when this plan runs", reasons=sorted(crossed),
            remedy="nothing was changed; look at triggers and foreign keys of what the plan writes",
        )  # fmt: skip
    return {table: found.added for table, found in wrote.items() if table in added}


def _own(bounds: Bounds) -> frozenset[str]:
    """Tables that it writes: of rows that are named, those that it makes, and where objects are named the catalog's."""
    relations = bounds.needs.relations
    rows = {relations[key.section] for key in bounds.writes if not key.of_object}
    catalogs = objects.CATALOGS if any(key.of_object for key in bounds.writes) else frozenset()
    return catalogs | objects.tables(bounds.writes) | rows


def _lost(before: State, after: State, bounds: Bounds) -> list[str]:
    """Rows that were there of a table that is named as an object: nothing tells how they come back, unless they follow
    from others."""
    mine = bounds.made | objects.tables(bounds.guarded)
    return [
        f"{table} held rows, which are gone or others"
        for table, content in before.contents.items()
        if after.contents.get(table) != content and table not in mine
    ]


def _differing(old: Mapping[FactKey, str], new: Mapping[FactKey, str]) -> set[FactKey]:
    return {key for key, _ in old.items() ^ new.items()}


def _told(table: str, rows: Wrote) -> str:
    if rows.added or rows.rewritten:
        return f"{rows.added} row(s) of {table} were added, {rows.rewritten} changed or removed"
    return f"{table} was emptied or rewritten as a whole"


def _spelled(entry: str) -> str:
    """With its schema, as `Needs.relations` spells a table."""
    table, mark, row = entry.partition("#")
    return ".".join(split_name(table)) + mark + row
