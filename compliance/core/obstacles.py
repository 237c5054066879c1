"""Where no plan can be made: what is there could not be put back, or something that is not declared is in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core import canonical
from compliance.core.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.core.flowdiff import Values
    from compliance.core.flowsql import Side

_SECRET = "<secret "  # noqa: S105 - what stands in an observation where one was
_NUL = "\\u0000"


def check_restorable(rows: Iterable[Values]) -> None:
    """A secret is not in the observation, so no revert could put it back; a NUL is in no text that SQL compares."""
    listed = [(row, canonical.dumps(row).decode()) for row in rows]
    secret = [_told(row) for row, text in listed if _SECRET in text]
    if secret:
        raise Refused(
            "flows hold a secret as text, which no plan can take back once it is overwritten",
            reasons=secret,
            remedy="replace it in Directus by a name such as {{$env.X}}, change the secret, then compile again",
        )
    if unsaid := [_told(row) for row, text in listed if _NUL in text]:
        raise Refused(
            "flows hold a NUL, which PostgreSQL compares with nothing",
            reasons=unsaid,
            remedy="take it out in Directus, then compile again",
        )


def check_unobstructed(before: Side, after: Side, whole: Side) -> None:
    """`operation`, `resolve` and `reject` are unique: what is not declared may lead to none of what is."""
    reasons = sorted(_obstructions(before, after, whole))
    if reasons:
        raise Refused(
            "what policy does not declare leads into declared flows",
            reasons=reasons,
            remedy="detach it in Directus, then compile again",
        )


def _obstructions(before: Side, after: Side, whole: Side) -> Iterator[str]:
    ours = {row[0] for row in (*before.operations, *after.operations)}
    flows = {row[0] for row in (*before.flows, *after.flows)}
    for row in whole.flows:
        if row[0] not in flows and row[6] in ours:
            yield f"flow {row[1]} ({row[0]}) begins with operation {row[6]}"
    for row in whole.operations:
        for link in row[5:7]:
            if row[0] not in ours and link in ours:
                yield f"operation {row[2]} ({row[0]}) of flow {row[4]} leads to operation {link}"


def _told(row: Values) -> str:
    return f"flow {row[1]}" if len(row) == 8 else f"operation {row[2]} of flow {row[4]}"
