"""Rows of flows and operations compared: which columns count, and when two values are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.flows import FLOW_COLUMNS, OPERATION_COLUMNS, settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Values = tuple[Any, ...]
# Where an operation stands on the canvas is nobody's business; its title is.
JUDGED_OF_OPERATION = OPERATION_COLUMNS[:-2]


def same(want: Any, found: Any) -> bool:
    """As JSON: lists and tuples are one, 1 and true are not."""
    return canonical.dumps(want) == canonical.dumps(found)


def differing(columns: Sequence[str], want: Values, found: Values) -> Iterator[tuple[str, Any, Any]]:
    """The columns in which two rows differ, with both values. Options may be kept as the text of JSON, on either side:
    what is declared takes over the spelling of what is there."""
    for column, declared, observed in zip(columns, want, found, strict=False):
        sides = (declared, observed)
        if not same(*(map(settings, sides) if column == "options" else sides)):
            yield column, declared, observed


def kept(want: Values, found: Values | None) -> Values:
    """A declared row in the spelling of the one that is there, where that means the same; its place on the canvas."""
    if found is None:
        return want
    columns = FLOW_COLUMNS if len(want) == len(FLOW_COLUMNS) else OPERATION_COLUMNS
    other = {column for column, _, _ in differing(columns, want, found)} - {"position_x", "position_y"}
    return tuple(w if column in other else f for column, w, f in zip(columns, want, found, strict=True))


def shown(row: Values) -> str:
    """A flow by name and id, since a name may stand twice."""
    return f"{row[1]} ({row[0]})"
