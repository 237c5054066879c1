"""What a gate came to, in lines: what fails it, and what does not though it was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.oneline import oneline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compliance.core.gates import Gate

_MOST = 20


def lines(gate: Gate) -> list[str]:
    """The first one says all; each key that fails it, and each that does not, is told, or counted."""
    head = f"gate {oneline(gate.profile)}: {'passed' if gate.passed else 'failed'}"
    why = "; ".join(_why(gate))
    return [f"{head}, {why}" if why else head, *_details(gate)]


def _why(gate: Gate) -> Iterator[str]:
    if gate.unprobed:
        yield f"nothing was probed of {', '.join(gate.unprobed)}"
    if not gate.complete:
        yield "the run was not whole"
    if gate.unseen:
        yield f"{_counted(len(gate.unseen), 'case')} could not look"
    if gate.old:
        yield f"{_counted(len(gate.old), 'section')} too old for it"
    if gate.failing:
        yield f"{_counted(len(gate.failing), 'finding')} {'fails' if len(gate.failing) == 1 else 'fail'} it"
    if gate.tolerated:
        number = len(gate.tolerated)
        yield f"{_counted(number, 'finding')} {'does' if number == 1 else 'do'} not fail it"


def _details(gate: Gate) -> Iterator[str]:
    yield from _shown([f"  too old: {name}: {why}" for name, why in gate.old.items()])
    yield from _shown([f"  could not look: {case}" for case in gate.unseen])
    yield from _shown([f"  fails it: {key}" for key in gate.failing])
    yield from _shown([f"  does not fail it: {each.key} ({each.why})" for each in gate.tolerated])


def _shown(found: Sequence[str]) -> Iterator[str]:
    yield from map(oneline, found[:_MOST])
    if len(found) > _MOST:
        yield f"  and {len(found) - _MOST} more"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
