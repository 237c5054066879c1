"""What of an observation may still be judged at a time: evidence grows old, and what is declared unavailable ends.

Both are judged by `judged_at`, never by a clock, so that a replay says the same (ARCHITECTURE, Time).
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from compliance.core.observation import Blind, Observation, Seen

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DECLARED = re.compile(r"unavailable until ([0-9-]{10}): (.*)", re.DOTALL)
_OVER = re.compile(r"declared unavailable until ([0-9-]{10}), which is over: (.*)", re.DOTALL)


def seconds(text: str) -> int:
    """Of '90s', '30m', '24h', '7d' or '2w'."""
    return int(text[:-1]) * SECONDS[text[-1]]


def excluded(until: str, why: str, at: str) -> tuple[str, bool]:
    """What is said of a source that is declared unavailable until a day (UTC), and whether that still holds."""
    over = until < at[:10]
    return (
        f"declared unavailable until {until}, which is over: {why}"
        if over
        else f"unavailable until {until}: {why}",
        not over,
    )


def as_of(observation: Observation, limits: Mapping[str, str], at: str) -> Observation:
    """The same look, as blind as it has become by `at`. `limits`: by kind of evidence, how old it may be.

    A kind is the source of a section, or `exercised` for what was called; `observation` is all that was looked at and
    has no limit of its own.
    """
    changed = {
        name: found
        for name, section in observation.sections.items()
        if (found := _section(name, section, limits, at)) is not section
    }
    return replace(observation, sections={**observation.sections, **changed}) if changed else observation


def _section(name: str, section: Seen[Any] | Blind, limits: Mapping[str, str], at: str) -> Seen[Any] | Blind:
    if isinstance(section, Blind):
        return _declared(section, at)
    kind = "exercised" if name.startswith("exercised:") else section.provenance.source
    if kind != "exercised" and kind not in limits:
        kind = "observation"
    if kind not in limits:
        return section
    age = _age(section.provenance.at, at)
    if age is not None and age <= seconds(limits[kind]):
        return section
    again = f"`compliance exercise {name.partition(':')[2]}`" if kind == "exercised" else "observe again"
    old = "of a time that nobody knows" if age is None else f"{_spelled(age)} old"
    return Blind(
        f"is {old}, and policy limits the age of {kind} to {limits[kind]}: {again}", section.provenance
    )


def _age(seen_at: str, at: str) -> int | None:
    try:
        return int((datetime.fromisoformat(at) - datetime.fromisoformat(seen_at)).total_seconds())
    except (TypeError, ValueError):  # a time of no zone is none either
        return None


def _declared(section: Blind, at: str) -> Blind:
    found = (_DECLARED if section.unavailable else _OVER).fullmatch(section.reason)
    if found is None:
        return section
    reason, holds = excluded(found[1], found[2], at)
    return section if holds == section.unavailable else Blind(reason, section.provenance, holds)


def _spelled(age: int) -> str:
    """To the second: '1d 1s' is over a limit of 1d."""
    parts = []
    for unit in ("d", "h", "m", "s"):
        count, age = divmod(age, SECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"
