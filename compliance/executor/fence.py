"""What no plan may touch: everything outside of what it says it writes, and what policy preserves even from that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core import footprint
from compliance.core.errors import Refused
from compliance.core.needs import split_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from compliance.core.footprint import FactKey
    from compliance.core.needs import Needs
    from compliance.executor.running import State
    from compliance.executor.session import Wrote


def check_writes(writes: Iterable[FactKey], needs: Needs, preserve: Iterable[str]) -> None:
    """Before anything runs: what a plan says it writes may not be preserved (`schema.table` or `schema.table#row`)."""
    fenced = {_spelled(entry) for entry in preserve}
    relations = needs.relations
    touched = []
    for key in writes:
        table = relations.get(key.section)
        if table is None:
            touched.append(f"{key}: a plan writes rows, and nothing else")
        elif table in fenced or f"{table}#{key.subject}" in fenced:
            touched.append(f"{key}: policy preserves it")
        elif key.subject is None and any(entry.startswith(f"{table}#") for entry in fenced):
            touched.append(f"{key}: policy preserves rows of it")
    if touched:
        raise Refused(
            "the plan would cross the fence", reasons=sorted(touched), remedy="compile a plan without it"
        )


def check_crossed(
    before: State,
    after: State,
    wrote: Mapping[str, Wrote],
    *,
    writes: Iterable[FactKey],
    needs: Needs,
    trails: Iterable[str],
) -> dict[str, int]:
    """After it ran and before COMMIT: nothing else changed, seen or unseen. Returns rows added to trails."""
    allowed = frozenset(writes)
    rows = {key for key, _ in before.images.items() ^ after.images.items()}
    changed = footprint.changed(before.observation, after.observation) | rows
    crossed = [f"{key} changed" for key in changed if not key.within(allowed)]
    own = {needs.relations[key.section] for key in allowed}
    added = {_spelled(entry) for entry in trails} & {
        table for table, found in wrote.items() if not found.rewritten
    }
    crossed += [_told(table, found) for table, found in wrote.items() if table not in own | added]
    if crossed:
        raise Refused(
            "the fence was crossed: something else changes when this plan runs", reasons=sorted(crossed),
            remedy="nothing was changed; look at triggers and foreign keys of what the plan writes",
        )  # fmt: skip
    return {table: found.added for table, found in wrote.items() if table in added}


def _told(table: str, rows: Wrote) -> str:
    if rows.added or rows.rewritten:
        return f"{rows.added} row(s) of {table} were added, {rows.rewritten} changed or removed"
    return f"{table} was emptied or rewritten as a whole"


def _spelled(entry: str) -> str:
    """With its schema, as `Needs.relations` spells a table."""
    table, mark, row = entry.partition("#")
    return ".".join(split_name(table)) + mark + row
