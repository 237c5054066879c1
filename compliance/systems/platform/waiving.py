"""What PL006 reads aloud. What a waiver meets is known to the run alone, as it takes what the other rules found."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compliance.core.finding import Judgement
    from compliance.systems.protocol import Facts


def waivers_hold(facts: Facts) -> Iterable[Judgement]:
    """Complete, approved, in force, used and within its ceiling, of a rule that can be waived."""
    return facts.waivers()
