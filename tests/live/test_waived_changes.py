"""A change beside waivers: what was waived before it is not the change's to answer for, what it brings is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from compliance import changing
from compliance.core.finding import Finding
from compliance.core.verdict import Case, Rule, Waived
from tests.judging import MIGRATION_034

if TYPE_CHECKING:
    from tests.live.staging import Staging

PIN = "repository/cutter_agent/iu_core/dot_commands.py"


def waive(staging: Staging, finding: str, until: str = "2999-12-31") -> None:
    staging.edit(
        "policy/waivers.yaml",
        "waivers: []",
        f'waivers: [{{id: w, finding: "{finding}", reason: r, owner: o, approver: a, from: 2020-01-01,'
        f" until: {until}, ceiling: 1}}]",
    )


def disagree(staging: Staging) -> str:
    """A pin that says another number than its population has; returns the key of what is found."""
    staging.edit(PIN, "Registry of the 34 dot_iu_* commands", "Registry of the 35 dot_iu_* commands")
    said = staging.run("audit", "--no-page", "--json", "--out", str(staging.folder / "reports"))
    (key,) = [found["key"] for found in json.loads(said.out)["findings"] if found["rule"] == "CC003"]
    return str(key)


@pytest.mark.parametrize(("until", "code", "rows"), [("2999-12-31", 0, 26), ("2020-12-31", 6, 24)])
def test_what_was_waived_before_a_change_takes_it_not_back_and_what_was_waived_once_does(
    until: str, code: int, rows: int, staging: Staging
) -> None:
    waive(staging, disagree(staging), until)
    assert staging.approve("alice").code == 0
    said = staging.apply()
    assert (said.code, staging.rows()) == (code, rows), said.err
    if code == 0:
        (verified,) = [line for line in staging.ledger.read_text().splitlines() if '"verified"' in line]
        assert "waived until 2999-12-31 by w (owner o)" in verified


def test_a_waiver_that_the_change_makes_needless_does_not_take_the_change_back(staging: Staging) -> None:
    waive(staging, f"CC001:{MIGRATION_034[0]}#missing")
    assert staging.approve("alice").code == 0
    assert (staging.apply().code, staging.rows()) == (0, 26)
    said = staging.run("audit", "--no-page", "--json", "--out", str(staging.folder / "reports"))
    assert [found["key"] for found in json.loads(said.out)["findings"]] == ["PL006:w#unused"]


def test_what_a_change_brings_is_against_it_however_many_waivers_name_it() -> None:
    rule = Rule("R1", "s", "title", "family", "high", "conformance", "why", "remedy")
    case = Case(rule, "x", "waived", (), "waived until …", (Waived(Finding("x", "is wrong", "f"), "w"),))
    assert changing._against(case, frozenset({"R1:x#f"})) == []
    (said,) = changing._against(case, frozenset())
    assert said == "R1 x: is wrong: w waives it, but it was not seen before this change"
