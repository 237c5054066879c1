"""What PL007 and PL008 read aloud. Both take what is of no system: the rules that there are, for example."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compliance.core.finding import Judgement
    from compliance.systems.protocol import Facts


def nothing_is_looser(facts: Facts) -> Iterable[Judgement]:
    """Than what was accepted of profiles, age limits and rules."""
    return facts.gates()


def controls_are_whole(facts: Facts) -> Iterable[Judgement]:
    """Every rule is of a control, every control has a rule."""
    return facts.controls()
