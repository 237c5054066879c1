"""Nights with seeded changes, through the command line: `compliance history` gives exactly the expected sequence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.evidence.bundles import Desk
from tests.evidence.nights import COMMANDS, STATES, Night, drawn, expected, first_seen, looked

if TYPE_CHECKING:
    from pathlib import Path

# One of each kind: broken, waived, mended while nobody could look, back again.
SHORT = [
    Night(1, frozenset(COMMANDS[:2])),
    Night(2, frozenset(COMMANDS[1:3]), waived=COMMANDS[1]),
    Night(3, blind=True),
    Night(4, frozenset(COMMANDS[:1])),
]


def audited(folder: Path, nights: list[Night], *words: str) -> None:
    desk = Desk(folder, ledger=False)
    for night in nights:
        looked(desk, night)
        done = desk.run(
            "audit", "--estate", "estate.yaml", "--observation", "observation.json", "--judged-at", night.at,
            "--history", "kept.jsonl", "--no-page", "--json", *words,
        )  # fmt: skip
        assert done.code == (3 if night.blind else 1), done.err
        said = json.loads(done.out)
        keys = {found["key"] for found in (*said["findings"], *said["waived"])}
        assert keys - {found for found in keys if found.startswith("PL006")} == set(night.found), night
    done = desk.run("history", "--history", "kept.jsonl", "--json")
    assert done.code == 0, done.err
    runs = json.loads(done.out)["runs"]
    told = [{state: run[state] for state in STATES} for run in runs]
    assert told == list(expected(nights))[-len(told) :]
    assert len({run["run"] for run in runs}) == len(told)
    assert [run["observed_at"] for run in runs] == [night.at for night in nights][-len(told) :]
    for number, run in enumerate(runs, len(nights) - len(told) + 1):
        assert run["first_seen"] == first_seen(nights[:number])
        assert run["defect"] == []


def test_four_nights_give_the_expected_sequence(tmp_path: Path) -> None:
    audited(tmp_path, SHORT)


@pytest.mark.prove
@pytest.mark.parametrize("limit", [400, 5])
def test_thirty_nights_give_the_expected_sequence_also_where_the_oldest_are_no_longer_kept(
    tmp_path: Path, limit: int
) -> None:
    audited(tmp_path, drawn(9, 30), "--history-limit", str(limit))
