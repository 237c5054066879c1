"""Nights of an estate: the observation that is kept, looked at again and again while its catalog changes."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from compliance.core.observation import Blind, Observation, Seen
from tests.evidence.bundles import OLD, files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.evidence.bundles import Desk

ROWS = "rows:command_catalog"
KEPT = Observation.from_json(files(OLD.read_bytes())["observation.json"])
COMMANDS = tuple(row.values[0] for row in KEPT.read(ROWS))
# What is found in it as it is: one command has no row.
ALWAYS = (
    "CC001:pumpe.anfahren#missing", "CC004:distinct_targets", "CC004:governed", "CC011:pumpe.halten#missing"
)  # fmt: skip
STATES = ("new", "unchanged", "reopened", "resolved", "unknown")


class Night(NamedTuple):
    """`wrong`: commands whose category is another than declared; `blind`: nobody could read the catalog; `waived`: of
    which command that is waived."""

    number: int
    wrong: frozenset[str] = frozenset()
    blind: bool = False
    waived: str = ""

    @property
    def at(self) -> str:
        return f"2026-11-{self.number:02}T02:00:00+00:00"

    @property
    def found(self) -> tuple[str, ...]:
        return () if self.blind else (*ALWAYS, *(key(name) for name in self.wrong))


def key(command: str) -> str:
    return f"CC001:{command}#category"


def drawn(seed: int, count: int) -> list[Night]:
    """One in six is blind; each command is wrong in one night of three."""
    chance = random.Random(seed)
    nights = []
    for number in range(1, count + 1):
        wrong = frozenset(name for name in COMMANDS if chance.random() < 1 / 3)
        nights.append(Night(number, wrong, chance.random() < 1 / 6, chance.choice((*COMMANDS, "", ""))))
    return nights


def looked(desk: Desk, night: Night) -> None:
    """The observation of that night, and its waivers, into the desk."""
    section = KEPT.sections[ROWS]
    assert isinstance(section, Seen)
    rows = tuple(
        row._replace(values=(row.values[0], "Umbau", *row.values[2:])) if row.values[0] in night.wrong else row
        for row in section.facts
    )
    now: Seen[object] | Blind = replace(section, facts=rows)
    if night.blind:
        now = Blind("connection to server was lost", section.provenance)
    seen = Observation(KEPT.estate, night.at, {**KEPT.sections, ROWS: now})
    (desk.folder / "observation.json").write_bytes(seen.to_json())
    place = desk.folder / "policy" / "waivers.yaml"
    place.unlink(missing_ok=True)
    if key(night.waived) in night.found:
        place.write_text(
            f'waivers:\n  - {{id: w1, finding: "{key(night.waived)}", reason: r, owner: o, approver: p,\n'
            "      from: 2026-01-01, until: 2026-12-31, ceiling: 1}\n"
        )


def expected(nights: list[Night]) -> Iterator[dict[str, list[str]]]:
    """Of each night, by another way than the code: each key by itself, over all nights before it."""
    for last, night in enumerate(nights):
        states: dict[str, list[str]] = {state: [] for state in STATES}
        for name in sorted((*ALWAYS, *map(key, COMMANDS))):
            seen = [name in each.found for each in nights[:last] if not each.blind]
            if name in night.found:
                state = "new" if not any(seen) else "unchanged" if seen[-1] else "reopened"
            elif not seen or not seen[-1]:
                continue
            else:
                state = "unknown" if night.blind else "resolved"
            states[state].append(name)
        yield states


def first_seen(nights: list[Night]) -> dict[str, str]:
    """When each key of the last night was found first."""
    return {name: next(each.at for each in nights if name in each.found) for name in nights[-1].found}
